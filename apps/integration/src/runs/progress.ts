/** Counters of a phase as they are served. */
export interface PhaseProgress {
  state: string;
  expected: number | null;
  received: number;
  startedAt: Date | null;
}

export interface Pace {
  ratePerSecond: number | null;
  /** Seconds until the running phase ends; null while nothing is known of its size or speed. */
  etaSeconds: number | null;
}

/** Below this a rate is noise. */
const SHORTEST_MEASURED_MS = 1_000;

/** Records a second of the running phase since its start, and what that means for its end. */
export function paceOf(phases: readonly PhaseProgress[], now: Date): Pace {
  const phase = phases.find((one) => one.state === 'running');
  if (!phase?.startedAt) return { ratePerSecond: null, etaSeconds: null };
  const elapsedMs = now.getTime() - phase.startedAt.getTime();
  if (elapsedMs < SHORTEST_MEASURED_MS || phase.received === 0) return { ratePerSecond: null, etaSeconds: null };
  const ratePerSecond = (phase.received / elapsedMs) * 1000;
  const left = phase.expected === null ? null : Math.max(0, phase.expected - phase.received);
  return {
    ratePerSecond: Math.round(ratePerSecond * 10) / 10,
    etaSeconds: left === null ? null : Math.ceil(left / ratePerSecond),
  };
}
