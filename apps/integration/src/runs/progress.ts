/** Counters of a phase as they are served. */
export interface PhaseProgress {
  state: string;
  expected: number | null;
  received: number;
  startedAt: Date | null;
}

export interface Pace {
  ratePerSecond: number | null;
  /** Seconds until the last running phase ends; null while nothing is known of the size or speed of one of them. */
  etaSeconds: number | null;
}

/** Below this a rate is noise. */
const SHORTEST_MEASURED_MS = 1_000;

/** Records a second of the running phases since their start, and what that means for the end of the last of them. */
export function paceOf(phases: readonly PhaseProgress[], now: Date): Pace {
  const paces = phases.filter((phase) => phase.state === 'running').map((phase) => paceOfPhase(phase, now));
  const rates = paces.flatMap(({ ratePerSecond }) => ratePerSecond ?? []);
  const ends = paces.map(({ etaSeconds }) => etaSeconds);
  const isKnown = ends.length > 0 && !ends.includes(null);
  return {
    ratePerSecond: rates.length > 0 ? round(rates.reduce((sum, rate) => sum + rate, 0)) : null,
    etaSeconds: isKnown ? Math.max(...(ends as number[])) : null,
  };
}

function paceOfPhase({ startedAt, received, expected }: PhaseProgress, now: Date): Pace {
  const elapsedMs = startedAt ? now.getTime() - startedAt.getTime() : 0;
  if (elapsedMs < SHORTEST_MEASURED_MS || received === 0) return { ratePerSecond: null, etaSeconds: null };
  const ratePerSecond = (received / elapsedMs) * 1000;
  const left = expected === null ? null : Math.max(0, expected - received);
  return { ratePerSecond, etaSeconds: left === null ? null : Math.ceil(left / ratePerSecond) };
}

function round(rate: number): number {
  return Math.round(rate * 10) / 10;
}
