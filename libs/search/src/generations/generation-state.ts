/** Where a generation is in its life. The table with the reasons stands in this folder's README. */
export type GenerationState =
  | 'creating'
  | 'loading'
  | 'sealed'
  | 'held'
  | 'ready'
  | 'swapping'
  | 'active'
  | 'previous'
  | 'retired'
  | 'abandoned';

/** What happens to a generation. */
export type GenerationEvent =
  | 'created'
  | 'founded'
  | 'sealed'
  | 'verified'
  | 'heldBack'
  | 'mismatched'
  | 'approved'
  | 'swapBegun'
  | 'swapUndone'
  | 'swapped'
  | 'superseded'
  | 'reinstated'
  | 'retired'
  | 'abandoned';

/** Every step that there is; `retired` and `abandoned` are ends. */
export const TRANSITIONS: Readonly<Record<GenerationState, Partial<Record<GenerationEvent, GenerationState>>>> = {
  creating: { created: 'loading', founded: 'active', abandoned: 'abandoned' },
  loading: { created: 'loading', sealed: 'sealed', abandoned: 'abandoned' },
  sealed: { sealed: 'sealed', verified: 'ready', heldBack: 'held', mismatched: 'sealed', abandoned: 'abandoned' },
  held: { verified: 'ready', heldBack: 'held', mismatched: 'sealed', approved: 'ready', abandoned: 'abandoned' },
  ready: {
    verified: 'ready',
    heldBack: 'held',
    mismatched: 'sealed',
    approved: 'ready',
    swapBegun: 'swapping',
    abandoned: 'abandoned',
  },
  swapping: { swapBegun: 'swapping', swapUndone: 'ready', swapped: 'active', abandoned: 'abandoned' },
  active: { superseded: 'previous', retired: 'retired' },
  previous: { reinstated: 'active', retired: 'retired' },
  retired: {},
  abandoned: {},
};

/** The step asked for does not exist from this state: the caller's order is wrong, or somebody else was faster. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
  readonly code = 'GENERATION_STATE';

  constructor(indexName: string, state: GenerationState, event: GenerationEvent) {
    super(`${indexName} is ${state}: '${event}' cannot happen to it.`);
  }
}

/** The state after an event. @throws IllegalTransitionError */
export function nextState(indexName: string, state: GenerationState, event: GenerationEvent): GenerationState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new IllegalTransitionError(indexName, state, event);
  return next;
}
