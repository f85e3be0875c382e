import { setTimeout as delay } from 'node:timers/promises';
import {
  type DemoDataProgress,
  type LoadTarget,
  loadDemoData,
  loadShopData,
  type ShopDataProgress,
} from '@lockstep/demo-data';
import type { Progress } from '../terminal/progress-bar.js';
import type { Terminal } from '../terminal/terminal.js';
import type { DemoState } from './demo-state.js';

/** A run as `GET /api/sync/runs/{runId}` answers it, as far as it is shown. */
interface RunView {
  readonly runId: string;
  readonly state: string;
  readonly phases: readonly PhaseView[];
  readonly ratePerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly error: { readonly code: string; readonly message?: string } | null;
}

interface PhaseView {
  readonly name: string;
  readonly state: string;
  readonly expected: number | null;
  readonly received: number;
}

const LOOK_EVERY_MS = 200;
/** Small enough that the bars move. */
const RECORDS_A_REQUEST = 500;
const DEMO_PRODUCTS = 300;
const DEMO_RETURNS = 500;
const ACTIVE = new Set(['queued', 'running', 'verifying']);
/** The same run however often the first one is asked for. */
const FIRST_RUN_KEY = 'lockstep-first-sync';

/** Loads people, GMC doctors and recommendations, then a catalogue, orders and returns. */
export async function loadDemo(target: LoadTarget, state: DemoState, terminal: Terminal): Promise<void> {
  terminal.say(`Loading demo data: ${state.trainees} people, ${DEMO_PRODUCTS} products, ${DEMO_RETURNS} returns`);
  const startedAt = performance.now();
  const bars = new Map<string, Progress>();
  const show = (progress: DemoDataProgress | ShopDataProgress) => {
    bars.set(progress.kind, toProgress(progress, startedAt));
    terminal.show([...bars.values()]);
  };
  const options = { ...state, recordsARequest: RECORDS_A_REQUEST };
  await loadDemoData(target, options, show);
  await loadShopData(target, { ...options, products: DEMO_PRODUCTS, returns: DEMO_RETURNS }, show);
  terminal.show([...bars.values()].map((bar) => ({ ...bar, state: 'done' })));
  terminal.settle();
}

function toProgress({ kind, counts, expected }: DemoDataProgress | ShopDataProgress, startedAt: number): Progress {
  const isDone = expected !== undefined && counts.received >= expected;
  const rate = counts.received / ((performance.now() - startedAt) / 1_000);
  return { label: kind, state: isDone ? 'done' : 'running', done: counts.received, expected, rate: isDone ? 0 : rate };
}

/** Asks for the first sync; the id of its run, which may have begun long ago. */
export async function startFirstSync(target: LoadTarget): Promise<string> {
  const answer = await call(target, '/api/sync', { method: 'POST', headers: { 'Idempotency-Key': FIRST_RUN_KEY } });
  const { runId } = (await answer.json()) as { runId?: string };
  if (!runId) throw new Error(`the first sync was refused (${answer.status})`);
  return runId;
}

/** Makes the returns that were loaded searchable now, instead of within a quarter of an hour; asked twice, one run does it. */
export async function syncReturns(target: LoadTarget): Promise<void> {
  const answer = await call(target, '/api/returns/sync', { method: 'POST' });
  if (!answer.ok) throw new Error(`the first sync of returns was refused (${answer.status})`);
}

/** The id of a run that is under way, if there is one. */
export async function findActiveRun(target: LoadTarget): Promise<string | undefined> {
  const answer = await call(target, '/api/sync/runs?pageSize=1');
  const { items = [] } = (await answer.json()) as { items?: RunView[] };
  return items.find((run) => ACTIVE.has(run.state))?.runId;
}

/** Shows a run until it ends, or waits for somebody; answers its last state. */
export async function followRun(target: LoadTarget, runId: string, terminal: Terminal): Promise<string> {
  terminal.say('Sync: every doctor, merged from both sources, into every list');
  for (;;) {
    const answer = await call(target, `/api/sync/runs/${runId}`);
    const run = (await answer.json()) as RunView;
    if (!answer.ok) throw new Error(`the sync cannot be followed (${answer.status})`);
    terminal.show(run.phases.filter(({ state }) => state !== 'skipped').map((phase) => phaseProgress(phase, run)));
    if (!ACTIVE.has(run.state)) {
      terminal.settle();
      if (run.error) terminal.say(`  ${run.error.code}: ${run.error.message ?? ''}`);
      return run.state;
    }
    await delay(LOOK_EVERY_MS);
  }
}

const STATES: Readonly<Record<string, Progress['state']>> = { running: 'running', done: 'done', failed: 'failed' };

function phaseProgress(phase: PhaseView, run: RunView): Progress {
  const isRunning = phase.state === 'running';
  return {
    label: phase.name,
    state: STATES[phase.state] ?? 'waiting',
    done: phase.received,
    expected: phase.expected ?? undefined,
    rate: isRunning ? (run.ratePerSecond ?? undefined) : undefined,
    left: isRunning ? (run.etaSeconds ?? undefined) : undefined,
  };
}

function call({ url, token }: LoadTarget, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, url), { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
}
