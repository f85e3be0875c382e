import { describe, expect, it } from 'vitest';
import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  it('returns the first value that satisfies', async () => {
    let count = 0;
    const value = await waitFor('three', () => ++count, { until: (seen) => seen === 3, everyMs: 1 });
    expect(value).toBe(3);
    expect(count).toBe(3);
  });

  it('takes any truthy value when it is not told what satisfies', async () => {
    const answers = [undefined, 0, '', 'there'];
    expect(await waitFor('a word', () => answers.shift(), { everyMs: 1 })).toBe('there');
  });

  it('asks again after an error', async () => {
    let asked = 0;
    const read = () => {
      asked += 1;
      if (asked < 3) throw new Error('not yet');
      return asked;
    };
    expect(await waitFor('the third time', read, { everyMs: 1 })).toBe(3);
  });

  it('names what it waited for and the value seen last when the time is up', async () => {
    const wait = waitFor('the queue to drain', () => ({ ready: 7 }), { until: () => false, timeoutMs: 5, everyMs: 1 });
    await expect(wait).rejects.toThrow('waited 5 ms for the queue to drain; last seen: { ready: 7 }');
  });

  it('reports the error seen last when the time is up', async () => {
    const read = () => Promise.reject(new Error('refused'));
    await expect(waitFor('an answer', read, { timeoutMs: 5, everyMs: 1 })).rejects.toThrow('last seen: Error: refused');
  });
});
