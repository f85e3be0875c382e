import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinMessage, splitMessage } from './log-document.js';

describe('a long message', () => {
  it('is one value where it fits', () => {
    expect(splitMessage('a'.repeat(8_000))).toHaveLength(1);
  });

  it('is put together again as it was, whatever characters stand at the borders', () => {
    const text = fc.array(fc.constantFrom('LAMP-OAK ', '😀', 'x', 'ß', '"id":"88213",'), { maxLength: 20 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 3_000 }), (parts, times) => {
        const message = parts.join('').repeat(times).slice(0, 60_000);
        const values = splitMessage(message);
        expect(values.every((value) => Buffer.byteLength(value) <= 32_000 && value.isWellFormed())).toBe(
          message.isWellFormed(),
        );
        expect(joinMessage(values)).toBe(message);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps words in sequence together across a border', () => {
    const message = `${'x '.repeat(3_990)}product 900101 LAMP-OAK-40 ${'y '.repeat(3_990)}`;
    expect(splitMessage(message).some((value) => value.includes('LAMP-OAK-40'))).toBe(true);
  });
});
