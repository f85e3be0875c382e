import {
  type DoctorDecision,
  decideNightly,
  type GmcDoctorRecord,
  type KnownDoctor,
  type StoredDoctor,
} from './gmc-doctor-record.js';

/** What a snapshot did. `received` is the sum of created, updated, unchanged and outdated. */
export interface SnapshotCounts {
  received: number;
  created: number;
  updated: number;
  unchanged: number;
  /** Named by the snapshot, but told of by something newer. */
  outdated: number;
  /** Of the body and no longer named: disconnected. */
  disconnected: number;
}

/** What is known when a snapshot arrives. */
export interface SnapshotFacts {
  known: ReadonlyMap<string, KnownDoctor>;
  /** Doctors of the body that the snapshot does not name and that are older than it. */
  stale: readonly StoredDoctor[];
  asOf: string;
}

/**
 * GMC answers for a whole body at one moment, `requestDateTime`. Who is named is as it says, unless something newer is
 * known; who is not, and has not been told of since, has left the body. One body at a time, so that nobody vanishes while
 * the others are still on their way.
 */
export function decideSnapshot(
  snapshot: { designatedBodyCode: string; requestDateTime: string; doctors: readonly GmcDoctorRecord[] },
  { known, stale, asOf }: SnapshotFacts,
): { decisions: DoctorDecision[]; counts: SnapshotCounts } {
  const { designatedBodyCode, requestDateTime } = snapshot;
  const named = snapshot.doctors.map((doctor) => ({
    ...doctor,
    designatedBodyCode,
    gmcLastUpdatedDateTime: later(doctor.gmcLastUpdatedDateTime, requestDateTime),
  }));
  const knownOf = (number: string) => known.get(number) ?? { stored: null, recommendations: [] };
  const timely = named.filter(({ gmcNumber }) => !isNewer(knownOf(gmcNumber).stored, requestDateTime));
  const decisions = timely.map((doctor) => decideNightly(doctor, knownOf(doctor.gmcNumber), asOf));
  const count = (...changes: DoctorDecision['change'][]) =>
    decisions.filter(({ change }) => changes.includes(change)).length;
  return {
    decisions: [...decisions, ...stale.map((doctor) => disconnect(doctor, requestDateTime, asOf))],
    counts: {
      received: named.length,
      created: count('created'),
      updated: count('updated'),
      unchanged: count('unchanged', 'refreshed'),
      outdated: named.length - timely.length,
      disconnected: stale.length,
    },
  };
}

function disconnect(doctor: StoredDoctor, requestDateTime: string, asOf: string): DoctorDecision {
  return {
    next: {
      ...doctor,
      existsInGmc: false,
      designatedBodyCode: null,
      gmcLastUpdatedDateTime: requestDateTime,
      lastUpdatedDate: asOf,
      version: doctor.version + 1,
    },
    change: 'updated',
  };
}

function isNewer(stored: StoredDoctor | null, requestDateTime: string): boolean {
  return (stored?.gmcLastUpdatedDateTime ?? '') > requestDateTime;
}

function later(a: string | null, b: string): string {
  return a !== null && a > b ? a : b;
}
