import { waitFor } from '@lockstep/testing';
import { expect } from 'vitest';
import type { Stage } from './stage.js';

/** A run as REST shows it. */
export interface RunView {
  runId: string;
  state: string;
  generation: string | null;
  phases: PhaseView[];
  error: { code: string; message: string } | null;
}

export interface PhaseView {
  name: string;
  state: string;
  expected: number | null;
  received: number;
  written: number;
  rejected: number;
  startedAt: string;
  finishedAt: string;
}

/** An issue of a run as REST shows it. */
export interface IssueView {
  severity: 'error' | 'warning';
  source: string;
  key: string;
  code: string;
  message: string;
}

const FINAL_STATES = ['succeeded', 'incomplete', 'failed', 'cancelled'];
/** Far above what any run of these tests takes: a limit for a hang, not a claim about speed. */
const RUN_LIMIT_MS = 240_000;

/** Triggers a rebuild, which must be accepted; answers its id. */
export async function triggerSync(stage: Stage): Promise<string> {
  const answer = await stage.call<{ runId: string }>('integration', 'POST', '/api/sync');
  expect([answer.status, answer.body]).toEqual([202, { runId: expect.any(String), state: expect.any(String) }]);
  return answer.body.runId;
}

export async function readRun(stage: Stage, runId: string): Promise<RunView> {
  const answer = await stage.call<RunView>('integration', 'GET', `/api/sync/runs/${runId}`);
  if (answer.status !== 200) throw new Error(`GET run: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Waits until the run is as wanted, and asks often enough to find what passes quickly. */
export function untilRun(
  stage: Stage,
  runId: string,
  what: string,
  until: (run: RunView) => boolean,
  timeoutMs = RUN_LIMIT_MS,
  everyMs = 20,
): Promise<RunView> {
  return waitFor(`run ${runId}: ${what}`, () => readRun(stage, runId), { timeoutMs, everyMs, until });
}

/** Waits until the run has ended, in whatever way. A service that is away meanwhile is asked again. */
export function endOfRun(stage: Stage, runId: string, timeoutMs?: number): Promise<RunView> {
  return untilRun(stage, runId, 'has ended', isEnded, timeoutMs, 100);
}

export function isEnded({ state }: RunView): boolean {
  return FINAL_STATES.includes(state);
}

/** A whole rebuild, from the trigger to its end. */
export async function sync(stage: Stage, timeoutMs?: number): Promise<RunView> {
  return endOfRun(stage, await triggerSync(stage), timeoutMs);
}

export function phaseOf(run: RunView, name: string): PhaseView {
  const phase = run.phases.find((one) => one.name === name);
  if (!phase) throw new Error(`run ${run.runId} has no phase ${name}`);
  return phase;
}

/** Every issue of a run, page after page. */
export async function issuesOf(stage: Stage, runId: string): Promise<IssueView[]> {
  const issues: IssueView[] = [];
  for (let page = 1; ; page++) {
    const path = `/api/sync/runs/${runId}/issues?page=${page}&pageSize=200`;
    const { body } = await stage.call<{ items: IssueView[]; total: number }>('integration', 'GET', path);
    issues.push(...body.items);
    if (issues.length >= body.total || body.items.length === 0) return issues;
  }
}

/** The run's only 'today'. */
export async function dayOfRun(stage: Stage, runId: string): Promise<string> {
  const [row] = await stage.query<{ day: string }>(
    `SELECT to_char(as_of, 'YYYY-MM-DD') AS day FROM integration.sync_run WHERE id = $1`,
    [runId],
  );
  if (!row) throw new Error(`there is no run ${runId}`);
  return row.day;
}
