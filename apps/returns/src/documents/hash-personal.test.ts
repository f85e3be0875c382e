import { Logger, type Provider } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { ReturnsConfig } from '../returns.config.js';
import { documentProviders } from './document-parts.js';
import { hashPersonalWith } from './hash-personal.js';
import { HASH_PERSONAL } from './indexed-returns.js';

describe('a hash of personal data', () => {
  it('is the same for the same value, however often it is asked, and another under another key', () => {
    const [one, other] = [hashPersonalWith('a key of the first house'), hashPersonalWith('a key of another')];
    expect(one('07700900123')).toBe(one('07700900123'));
    expect(one('07700900123')).toBe(hashPersonalWith('a key of the first house')('07700900123'));
    expect(one('07700900123')).not.toBe(other('07700900123'));
    expect(one('07700900123')).not.toBe(one('07700900124'));
  });

  it('stays right beyond what is remembered', () => {
    const hash = hashPersonalWith('a key of sixteen or more');
    const first = hash('0');
    for (let at = 1; at <= 20_001; at += 1) hash(String(at));
    expect(hash('0')).toBe(first);
    expect(hash('x'.repeat(10_000))).toBe(hash('x'.repeat(10_000)));
  });

  describe('under the key that everybody knows', () => {
    let warn: MockInstance;
    beforeEach(() => {
      warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    });
    afterEach(() => warn.mockRestore());
    const start = (settings: Partial<ReturnsConfig>) => {
      const providers = documentProviders(Object.assign(new ReturnsConfig(), settings));
      const isHash = (each: Provider) => typeof each === 'object' && each.provide === HASH_PERSONAL;
      (providers.find(isHash) as { useFactory: () => unknown }).useFactory();
    };

    it('is warned of when the service starts', () => {
      start({});
      expect(warn).toHaveBeenCalledWith(expect.stringContaining('RETURNS_HASH_KEY'));
    });

    it('is not spoken of where a key was chosen', () => {
      start({ hashKey: 'a secret of this house' });
      expect(warn).not.toHaveBeenCalled();
    });
  });
});
