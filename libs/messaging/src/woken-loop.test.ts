import { waitFor } from '@lockstep/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { WokenLoop } from './woken-loop.js';

/** Beyond any test. */
const LONG_MS = 3_600_000;
const SOON = { firstMs: 1, maxMs: 1 };
const LIMIT = { timeoutMs: 30_000 };

describe('a loop that takes turns', () => {
  const loops: WokenLoop[] = [];
  const start = (turn: (stopping: AbortSignal) => Promise<number>, onFailed: (error: unknown) => void = () => {}) => {
    const loop = new WokenLoop({ turn, onFailed, backoff: SOON });
    loops.push(loop);
    loop.start();
    return loop;
  };
  afterEach(async () => {
    await Promise.all(loops.splice(0).map((loop) => loop.stop()));
  });

  it('takes the first at once, and the next when it has rested', async () => {
    let turns = 0;
    start(async () => (++turns < 3 ? 1 : LONG_MS));
    await waitFor('three turns', () => turns === 3, LIMIT);
  });

  it('takes the next when it is woken from its rest', async () => {
    let turns = 0;
    const loop = start(async () => {
      turns += 1;
      return LONG_MS;
    });
    await waitFor('the first turn', () => turns === 1, LIMIT);
    loop.wake();
    await waitFor('the second turn', () => turns === 2, LIMIT);
  });

  it('takes turns no more often than it is to, however often it is woken', async () => {
    let turns = 0;
    const turn = async () => {
      turns += 1;
      return LONG_MS;
    };
    const loop = new WokenLoop({ turn, onFailed: () => {}, backoff: SOON, atMostEveryMs: LONG_MS });
    loop.start();
    await waitFor('the first turn', () => turns === 1, LIMIT);
    for (let time = 0; time < 100; time++) {
      loop.wake();
      await new Promise(setImmediate);
    }
    expect(turns).toBe(1);
    await loop.stop();
  });

  it('has no rest between turns of which there is more to do', async () => {
    let turns = 0;
    const turn = async () => (++turns < 3 ? 0 : LONG_MS);
    const loop = new WokenLoop({ turn, onFailed: () => {}, backoff: SOON, atMostEveryMs: LONG_MS });
    loops.push(loop);
    loop.start();
    await waitFor('three turns', () => turns === 3, LIMIT);
  });

  it('forgets no call that comes during a turn', async () => {
    let turns = 0;
    const loop = start(async () => {
      turns += 1;
      if (turns === 1) loop.wake();
      return LONG_MS;
    });
    await waitFor('the second turn', () => turns === 2, LIMIT);
  });

  it('tells of a turn that failed and goes on', async () => {
    let turns = 0;
    const failures: unknown[] = [];
    start(
      async () => {
        turns += 1;
        if (turns < 3) throw new Error(`turn ${turns}`);
        return LONG_MS;
      },
      (error) => failures.push(error),
    );
    await waitFor('a turn that is done', () => turns === 3, LIMIT);
    expect(failures).toEqual([new Error('turn 1'), new Error('turn 2')]);
  });

  it('ends its rest when it is stopped, and takes no turn after that', async () => {
    let turns = 0;
    const loop = start(async () => {
      turns += 1;
      return LONG_MS;
    });
    await waitFor('the first turn', () => turns === 1, LIMIT);
    await loop.stop();
    loop.wake();
    expect(turns).toBe(1);
  });

  it('waits at its end for the turn in hand, which is told, and whose failure is then nobody’s', async () => {
    const failures: unknown[] = [];
    let told: AbortSignal | undefined;
    const loop = start(
      (stopping) => {
        told = stopping;
        return new Promise((_, reject) => {
          stopping.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
        });
      },
      (error) => failures.push(error),
    );
    await waitFor('the turn', () => told !== undefined, LIMIT);
    await loop.stop();
    expect(told?.aborted).toBe(true);
    expect(failures).toEqual([]);
  });
});
