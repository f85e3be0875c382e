import { describe, expect, it } from 'vitest';
import { decideAdvice, type ReturnFacts } from './decide-advice.js';

const at = (version: number, deleted = false) => ({ version, deleted });
const NOTHING_ELSE = { isPending: false, isInRun: false, deadReason: null };

describe('what is to be done about a return', () => {
  it.each<[string, Partial<ReturnFacts>, string]>([
    ['nobody knows it', { stored: null, indexed: null }, 'UNKNOWN_RETURN'],
    ['both have the same', { stored: at(3), indexed: at(3) }, 'NOTHING'],
    ['both have it gone', { stored: at(3, true), indexed: at(3, true) }, 'NOTHING'],
    ['it was gone before it was ever indexed', { stored: at(3, true), indexed: null }, 'NOTHING'],
    ['its change waits', { stored: at(3), indexed: at(2), isPending: true }, 'WAIT'],
    ['a run has it', { stored: at(3), indexed: at(2), isInRun: true }, 'WAIT'],
    ['it is parked', { stored: at(3), indexed: at(2), isPending: true, deadReason: 'x' }, 'FIX_AND_RESYNC'],
    ['it was parked and is right since', { stored: at(3), indexed: at(3), deadReason: 'x' }, 'NOTHING'],
    ['the index is behind and nothing comes', { stored: at(3), indexed: at(2) }, 'RESYNC'],
    ['the index misses it and nothing comes', { stored: at(3), indexed: null }, 'RESYNC'],
    ['one side has it gone', { stored: at(3), indexed: at(3, true) }, 'RESYNC'],
    ['the database is behind', { stored: at(2), indexed: at(3) }, 'VERIFY'],
    ['the database has lost it', { stored: null, indexed: at(3) }, 'VERIFY'],
  ])('%s', (_, facts, advice) => {
    const decided = decideAdvice({ stored: null, indexed: null, ...NOTHING_ELSE, ...facts });
    expect(decided.advice).toBe(advice);
  });
});
