import { describe, expect, it } from 'vitest';
import { batchesAGroup, decideSyncStart, type SyncStartAction } from './sync-start.js';

describe('a syncStart', () => {
  it.each<[string, { fence: number; sequences?: number[] }, number | null, boolean, SyncStartAction]>([
    ['of the first run is planned', { fence: 1 }, null, false, 'plan'],
    ['of a newer run is planned', { fence: 8 }, 7, false, 'plan'],
    ['of an older run is ignored', { fence: 6 }, 7, false, 'ignore'],
    ['of an older run is ignored although it was planned', { fence: 6 }, 7, true, 'ignore'],
    ['of an older run that names batches is ignored', { fence: 6, sequences: [1] }, 7, true, 'ignore'],
    ['seen again goes on with what is unsent', { fence: 7 }, 7, true, 'continue'],
    ['that names batches sends those again', { fence: 7, sequences: [3, 4] }, 7, true, 'resend'],
    ['that names no batch sends only the end marker', { fence: 7, sequences: [] }, 7, true, 'resend'],
    ['that names batches of a run unknown here is planned whole', { fence: 8, sequences: [3] }, 7, false, 'plan'],
  ])('%s', (_, command, highestFence, isPlanned, expected) => {
    expect(decideSyncStart(command, { highestFence, isPlanned })).toBe(expected);
  });
});

describe('records in hand stay about a thousand a group', () => {
  it.each([
    [1, 200],
    [5, 200],
    [200, 5],
    [300, 3],
    [1000, 1],
  ])('batches of %i: %i a group', (batchSize, expected) => {
    expect(batchesAGroup(batchSize)).toBe(expected);
  });
});
