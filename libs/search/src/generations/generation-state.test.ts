import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type GenerationEvent, IllegalTransitionError, nextState, TRANSITIONS } from './generation-state.js';

const STEPS = Object.entries(TRANSITIONS).flatMap(([state, events]) =>
  Object.entries(events).map(([event, next]) => ({ state, event, next })),
);
const STATES = Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[];
const EVENTS = [...new Set(STEPS.map(({ event }) => event))] as GenerationEvent[];

describe('the states of a generation', () => {
  it('are those of the table that people read', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    const rows = readme.slice(readme.indexOf('## States')).matchAll(/^\| (\w+) \| (\w+) \| (\w+) \|/gm);
    const written = [...rows].map(([, state, event, next]) => `${state} ${event} ${next}`);
    expect(written.sort()).toEqual(STEPS.map(({ state, event, next }) => `${state} ${event} ${next}`).sort());
  });

  it.each(STEPS)('go from $state by $event to $next', ({ state, event, next }) => {
    expect(nextState('x-000001', state as (typeof STATES)[number], event as GenerationEvent)).toBe(next);
  });

  it('refuse every other step and name the index', () => {
    for (const state of STATES) {
      for (const event of EVENTS.filter((each) => TRANSITIONS[state][each] === undefined)) {
        expect(() => nextState('x-000001', state, event)).toThrow(IllegalTransitionError);
      }
    }
    expect(() => nextState('x-000001', 'retired', 'swapped')).toThrow(/x-000001 is retired/);
  });

  it('let nothing be shown that was not verified', () => {
    const before = (event: GenerationEvent) => STEPS.filter((step) => step.event === event).map((step) => step.state);
    expect(before('swapped')).toEqual(['swapping']);
    expect(new Set(before('swapBegun'))).toEqual(new Set(['ready', 'swapping']));
    const toReady = STEPS.filter((step) => step.next === 'ready').map((step) => step.event);
    expect(new Set(toReady)).toEqual(new Set(['verified', 'approved', 'swapUndone']));
  });

  it('have two ends, and every other state leads on', () => {
    expect(STATES.filter((state) => Object.keys(TRANSITIONS[state]).length === 0)).toEqual(['retired', 'abandoned']);
  });
});
