import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ENDS, STATUSES, type Status } from './statuses.js';
import { checkTransition, TRANSITIONS, TransitionRefusedError, transitionsAsMarkdown } from './transitions.js';

describe('the table of transitions', () => {
  it('is the one that the README shows', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    expect(readme).toContain(transitionsAsMarkdown());
  });

  it('has each number once', () => {
    expect(new Set(TRANSITIONS.map(({ no }) => no)).size).toBe(TRANSITIONS.length);
  });

  it('leads to every status and from every one that is no end', () => {
    const targets = TRANSITIONS.flatMap(({ to }) => [...to.synchronous, ...to.asynchronous]);
    const reached = new Set(targets.map((target) => target.replace(/\(.*/, '')));
    const left = new Set<string>(TRANSITIONS.flatMap(({ from }) => from));
    expect(STATUSES.filter((status) => !reached.has(status))).toEqual([]);
    const ends = ENDS as readonly Status[];
    expect(STATUSES.filter((status) => ends.includes(status) === left.has(status))).toEqual([]);
  });

  it.each([
    ['5', 'pending', 'processing', null],
    ['9', 'made_request', 'got_acknowledgment', 'asynchronous'],
    ['11', 'made_request', 'got_response', 'synchronous'],
    ['18', 'got_response', 'blocked(src_id_conflict)', 'synchronous'],
    ['23', 'made_request', 'failed', 'synchronous'],
    ['2', 'none', 'delayed(stock_hold)', null],
  ] as const)('lets %s lead from %s to %s', (no, from, to, flow) => {
    expect(() => checkTransition(no, from, to, flow)).not.toThrow();
  });

  it.each([
    ['9', 'made_request', 'got_acknowledgment', 'synchronous'],
    ['11', 'made_request', 'got_response', 'asynchronous'],
    ['5', 'blocked', 'processing', null],
    ['19', 'got_response', 'synced', null],
    ['21', 'synced', 'pending', null],
  ] as const)('refuses that %s leads from %s to %s (%s)', (no, from, to, flow) => {
    expect(() => checkTransition(no, from, to, flow)).toThrow(TransitionRefusedError);
  });
});
