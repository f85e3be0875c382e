import { describe, expect, it } from 'vitest';
import { compareBucket } from './compare-bucket.js';
import type { IndexedReturn } from './index-reader.js';

const live = (id: number, version: number): IndexedReturn => ({ id, version, deleted: false });
const dead = (id: number, version: number): IndexedReturn => ({ id, version, deleted: true });
const NOTHING = { behind: [], ahead: [], unknown: [] };

describe('a part of the index and of the database', () => {
  it.each<[string, IndexedReturn[], IndexedReturn[], object]>([
    ['are equal', [live(1, 3), dead(2, 4)], [live(1, 3), dead(2, 4)], NOTHING],
    ['differ by a return that the index misses', [], [live(1, 3)], { ...NOTHING, behind: [1] }],
    ['do not differ by one that was gone before it was indexed', [], [dead(1, 3)], NOTHING],
    ['differ by an older version', [live(1, 2)], [live(1, 3)], { ...NOTHING, behind: [1] }],
    ['differ by a death', [live(1, 2)], [dead(1, 3)], { ...NOTHING, behind: [1] }],
    ['differ by a death under the same version', [dead(1, 3)], [live(1, 3)], { ...NOTHING, behind: [1] }],
    ['show that the database has lost something', [live(1, 4)], [live(1, 3)], { ...NOTHING, ahead: [live(1, 4)] }],
    ['show that the database has lost a return', [live(1, 4)], [], { ...NOTHING, unknown: [live(1, 4)] }],
    ['do not differ by a tombstone that was forgotten', [dead(1, 4)], [], NOTHING],
  ])('%s', (_, indexed, stored, expected) => expect(compareBucket(indexed, stored)).toEqual(expected));
});
