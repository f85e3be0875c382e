import type { DelayReason, Reason, Status } from './statuses.js';
import type { Flow } from './topics.js';

/** A status as an item reaches it, with its reason where one belongs to it. */
export type Target = Exclude<Status, 'delayed' | 'blocked'> | `delayed(${DelayReason})` | `blocked(${string})`;

/** One row of the table of what may happen to an item. */
export interface Transition {
  /** As history names it. */
  readonly no: string;
  /** `none`: the item begins. */
  readonly from: readonly (Status | 'none')[];
  readonly event: string;
  /** Where it may lead, by the flow of the call, or of the settings where there is no call. */
  readonly to: Readonly<Record<Flow, readonly Target[]>>;
}

const both = (...targets: Target[]): Transition['to'] => ({ synchronous: targets, asynchronous: targets });
const onlyAsynchronous = (...targets: Target[]): Transition['to'] => ({ synchronous: [], asynchronous: targets });

/**
 * Everything that may happen to an item: whatever is not here is refused. The README of this folder shows the same table.
 */
export const TRANSITIONS = [
  { no: '1', from: ['none'], event: 'a change that the shop must know', to: both('pending') },
  { no: '2', from: ['none'], event: 'the stock changes', to: both('delayed(stock_hold)') },
  {
    no: '3',
    from: ['none'],
    event: 'a change of what the shop has given no id yet',
    to: both('blocked(no_src_id)'),
  },
  {
    no: '4',
    from: ['none'],
    event: 'a change in a set with a new variation that is not at the shop yet',
    to: both('blocked(set_incomplete)'),
  },
  { no: '5', from: ['pending'], event: 'a worker takes it, its lane lets it', to: both('processing') },
  { no: '6', from: ['processing'], event: 'what to say is read', to: both('building_request_payload') },
  { no: '7', from: ['building_request_payload'], event: 'the call is stored', to: both('made_request') },
  { no: '8', from: ['building_request_payload'], event: 'nothing could be built', to: both('delayed(retry)') },
  { no: '9', from: ['made_request'], event: 'the shop acknowledges', to: onlyAsynchronous('got_acknowledgment') },
  {
    no: '10',
    from: ['made_request'],
    event: 'anything but an acknowledgment',
    to: onlyAsynchronous('delayed(retry)'),
  },
  {
    no: '11',
    from: ['made_request'],
    event: 'the shop answers',
    to: { synchronous: ['got_response'], asynchronous: [] },
  },
  {
    no: '12',
    from: ['made_request'],
    event: 'no answer: connection, time, HTTP status',
    to: both('delayed(retry)'),
  },
  { no: '13', from: ['got_acknowledgment'], event: 'the callback', to: onlyAsynchronous('got_response') },
  {
    no: '14',
    from: ['made_request'],
    event: 'the callback before its acknowledgment',
    to: onlyAsynchronous('got_response'),
  },
  { no: '15', from: ['got_response'], event: 'its result is found', to: both('building_response_payload') },
  {
    no: '16',
    from: ['building_response_payload'],
    event: 'success, the ids agree',
    to: both('response_processing'),
  },
  { no: '17', from: ['building_response_payload'], event: 'the shop says failure', to: both('delayed(retry)') },
  {
    no: '18',
    from: ['got_response', 'building_response_payload', 'response_processing'],
    event: 'an answer that cannot be used',
    to: both('blocked(bad_response)', 'blocked(src_id_conflict)'),
  },
  { no: '19', from: ['response_processing'], event: 'ids and stamp are written', to: both('synced') },
  {
    no: '20',
    from: ['response_processing'],
    event: 'they could not be written: only that is tried again',
    to: both('delayed(retry)'),
  },
  { no: '21', from: ['delayed'], event: 'its retry is due', to: both('pending') },
  {
    no: '22',
    from: ['delayed'],
    event: 'its hold is over',
    to: both('pending', 'blocked(no_src_id)', 'blocked(set_incomplete)'),
  },
  {
    no: '23',
    from: [
      'building_request_payload',
      'made_request',
      'got_acknowledgment',
      'building_response_payload',
      'response_processing',
    ],
    event: 'a failure after the last retry',
    to: both('failed'),
  },
  {
    no: '24',
    from: ['blocked'],
    event: 'the shop has given the ids',
    to: both('pending', 'delayed(stock_hold)', 'blocked(set_incomplete)'),
  },
  {
    no: '25',
    from: ['blocked'],
    event: 'the last new variation is at the shop',
    to: both('pending', 'delayed(stock_hold)'),
  },
  {
    no: '26',
    from: ['blocked'],
    event: 'an operator queues it again; a corrected callback comes',
    to: both('pending', 'got_response'),
  },
  {
    no: '27',
    from: ['failed'],
    event: 'it is uploaded again, or changes',
    to: both('pending', 'delayed(stock_hold)', 'blocked(no_src_id)', 'blocked(set_incomplete)'),
  },
  {
    no: '28',
    from: ['pending', 'delayed', 'blocked', 'failed'],
    event: 'another item says the same',
    to: both('superseded'),
  },
  {
    no: '29',
    from: ['processing', 'building_request_payload'],
    event: 'its worker is gone',
    to: both('pending'),
  },
  {
    no: '30',
    from: ['made_request'],
    event: 'its worker is gone, nobody knows what came of the call',
    to: both('delayed(retry)'),
  },
  { no: '31', from: ['got_acknowledgment'], event: 'no callback in the time set', to: both('delayed(retry)') },
  {
    no: '32',
    from: ['pending', 'delayed', 'blocked', 'failed'],
    event: 'the product or the seller is gone; an operator cancels',
    to: both('cancelled'),
  },
  {
    no: '33',
    from: ['pending', 'made_request'],
    event: 'nothing may be sent now: no attempt is counted',
    to: both('delayed(circuit_open)', 'delayed(rate_limited)', 'delayed(paused)'),
  },
  { no: '34', from: ['delayed'], event: 'sending may go on', to: both('pending') },
  {
    no: '35',
    from: ['building_request_payload', 'blocked'],
    event: 'the shop knows it already, or there is nothing left to say',
    to: both('superseded'),
  },
  {
    no: '36',
    from: ['pending', 'delayed', 'blocked', 'made_request', 'got_acknowledgment'],
    event: 'the answer to an earlier call that said the same',
    to: both('got_response'),
  },
  { no: '37', from: ['delayed'], event: 'writing down a kept answer is due', to: both('response_processing') },
  {
    no: '38',
    from: ['delayed'],
    event: 'an operator asks for a retry at once, or ends a hold',
    to: both('pending', 'blocked(no_src_id)', 'blocked(set_incomplete)'),
  },
  {
    no: '39',
    from: ['pending', 'delayed', 'blocked', 'failed'],
    event: 'an operator says that the shop has it',
    to: both('synced'),
  },
  { no: '40', from: ['pending', 'delayed'], event: 'an operator lets its lane go on without it', to: both('failed') },
] as const satisfies readonly Transition[];

export type TransitionNo = (typeof TRANSITIONS)[number]['no'];

const BY_NO = new Map<string, Transition>(TRANSITIONS.map((row) => [row.no, row]));

export function toTarget(status: Status, reason: Reason | null): Target {
  return (reason === null ? status : `${status}(${reason})`) as Target;
}

/** Where an item would be led that the table does not know: a mistake of ours. */
export class TransitionRefusedError extends Error {
  override readonly name = 'TransitionRefusedError';
}

/**
 * `flow` null: that of neither flow in particular, any of the two will do.
 * @throws TransitionRefusedError
 */
export function checkTransition(no: TransitionNo, from: Status | 'none', to: Target, flow: Flow | null): void {
  const row = BY_NO.get(no);
  const targets = row ? (flow ? row.to[flow] : [...row.to.synchronous, ...row.to.asynchronous]) : [];
  if (row?.from.includes(from) && targets.includes(to)) return;
  throw new TransitionRefusedError(`transition ${no} does not lead from ${from} to ${to}${flow ? ` (${flow})` : ''}`);
}

/** The table as the README shows it. */
export function transitionsAsMarkdown(): string {
  const cell = (targets: readonly Target[]): string => targets.join(', ') || '–';
  const lines = TRANSITIONS.map(
    ({ no, from, event, to }) =>
      `| ${no} | ${from.map((status) => ((status as string) === 'none' ? '–' : status)).join(', ')} | ${event} | ${cell(to.synchronous)} | ${cell(to.asynchronous)} |`,
  );
  return ['| # | from | event | synchronous | asynchronous |', '|---|---|---|---|---|', ...lines].join('\n');
}
