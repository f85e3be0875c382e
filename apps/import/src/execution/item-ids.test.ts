import { expect, it } from 'vitest';
import { itemNumberOf, toLinkId, toObjectId } from './item-ids.js';

const BATCH = '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20';

it.each<['object' | 'link', string, number | null]>([
  ['object', toObjectId(BATCH, 12), 12],
  ['link', toLinkId(BATCH, 3), 3],
  ['object', toLinkId(BATCH, 3), null],
  ['link', toObjectId(BATCH, 3), null],
  ['object', toObjectId('0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f21', 12), null],
  ['object', `${BATCH}:0`, null],
  ['object', `${BATCH}:9999999999`, null],
  ['object', `${BATCH}:1;2`, null],
  ['object', '', null],
])('reads %s %s as %s', (kind, id, expected) => {
  expect(itemNumberOf(BATCH, kind, id)).toBe(expected);
});
