import { describe, expect, it } from 'vitest';
import { nextWindow, type PresentMoment, type WindowBase, type WindowPolicy } from './window.js';

const at = (time: string) => new Date(`2026-03-14T${time}Z`);
const BASE: WindowBase = {
  snapshot: '10:10:',
  dateRangeEnd: at('09:00:00'),
  systemIdentifier: '7',
  timeline: '00000001',
};
const PRESENT: PresentMoment = {
  snapshot: '20:25:22',
  now: at('09:15:00'),
  systemIdentifier: '7',
  timeline: '00000001',
  oldestWriterSince: null,
  isBehindBase: false,
};
const SNAPSHOT: WindowPolicy = { mode: 'snapshot', overlapMs: 1_800_000, capAtOldestWriter: true };
const STAMPS: WindowPolicy = { ...SNAPSHOT, mode: 'updated_at' };

describe('the next window', () => {
  it('is what was committed since the last one; its dates begin 30 minutes before the end of that', () => {
    expect(nextWindow(BASE, PRESENT, SNAPSHOT)).toEqual({
      dateRangeStart: at('08:30:00'),
      dateRangeEnd: at('09:15:00'),
      selection: { kind: 'between', from: '10:10:', to: '20:25:22' },
    });
  });

  it('of mode updated_at is what was stamped within its dates', () => {
    const { selection } = nextWindow(BASE, PRESENT, STAMPS);
    expect(selection).toEqual({ kind: 'stamped', from: at('08:30:00'), to: at('09:15:00') });
  });

  it.each([
    ['nothing writes', null, true, '09:15:00'],
    ['a transaction has been writing since', at('09:10:00'), true, '09:09:55'],
    ['one has, and windows are not to care', at('09:10:00'), false, '09:15:00'],
    ['one has only just begun', at('09:14:59'), true, '09:14:54'],
  ])('of mode updated_at, when %s %s, ends accordingly', (_, oldestWriterSince, capAtOldestWriter, end) => {
    const window = nextWindow(BASE, { ...PRESENT, oldestWriterSince }, { ...STAMPS, capAtOldestWriter });
    expect(window.dateRangeEnd).toEqual(at(end));
  });

  it('of snapshots does not wait for anybody', () => {
    const window = nextWindow(BASE, { ...PRESENT, oldestWriterSince: at('06:00:00') }, SNAPSHOT);
    expect(window.dateRangeEnd).toEqual(at('09:15:00'));
  });

  it.each([SNAPSHOT, STAMPS])('is everything when there was none before ($mode)', (policy) => {
    const none: WindowBase = { snapshot: null, dateRangeEnd: null, systemIdentifier: null, timeline: null };
    expect(nextWindow(none, PRESENT, policy)).toMatchObject({
      dateRangeStart: null,
      selection: { kind: 'all', why: 'first' },
    });
  });

  it.each([
    ['another cluster', { systemIdentifier: '8' }],
    ['another timeline', { timeline: '00000002' }],
    ['fewer transactions than the last window knew', { isBehindBase: true }],
  ])('is everything on %s', (_, change) => {
    for (const policy of [SNAPSHOT, STAMPS]) {
      const { selection } = nextWindow(BASE, { ...PRESENT, ...change }, policy);
      expect(selection).toEqual({ kind: 'all', why: 'otherDatabase' });
    }
  });
});
