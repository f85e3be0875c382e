import type { RecommendationStatus, UnderNotice } from '@lockstep/contracts';
import {
  latestRecommendation,
  type RecommendationFacts,
  tisStatusOf,
} from '../recommendations/recommendation-rules.js';
import type { GmcDoctorBody } from './gmc-doctor-body.js';

/** What GMC says of a doctor, with nothing left open. */
export interface GmcDoctorRecord {
  gmcNumber: string;
  firstName: string | null;
  lastName: string | null;
  submissionDate: string | null;
  /** Null: not told. */
  dateAdded: string | null;
  underNotice: UnderNotice | null;
  sanction: string | null;
  designatedBodyCode: string | null;
  /** RFC 3339 UTC with milliseconds, so that instants compare as text; null: not told. */
  gmcLastUpdatedDateTime: string | null;
}

/** A doctor as stored. */
export interface StoredDoctor extends GmcDoctorRecord {
  doctorStatus: RecommendationStatus | null;
  lastUpdatedDate: string | null;
  admin: string | null;
  existsInGmc: boolean;
  version: number;
  deleted: boolean;
}

/** What is known when GMC tells of a doctor. */
export interface KnownDoctor {
  /** Null when the number was never seen; a tombstone counts as seen. */
  stored: StoredDoctor | null;
  recommendations: readonly RecommendationFacts[];
}

/** What a doctor becomes, and whether anybody else needs to know. */
export interface DoctorDecision {
  next: StoredDoctor;
  /** `refreshed`: GMC was asked again and said the same, which is noted and raises no version. */
  change: 'created' | 'updated' | 'refreshed' | 'unchanged';
}

export function toGmcDoctorRecord(gmcNumber: string, body: GmcDoctorBody): GmcDoctorRecord {
  const { gmcLastUpdatedDateTime: instant } = body;
  return {
    gmcNumber: gmcNumber.trim(),
    firstName: body.doctorFirstName ?? null,
    lastName: body.doctorLastName ?? null,
    submissionDate: body.submissionDate ?? null,
    dateAdded: body.dateAdded ?? null,
    underNotice: body.underNotice ?? null,
    sanction: body.sanction ?? null,
    designatedBodyCode: body.designatedBodyCode?.trim() || null,
    gmcLastUpdatedDateTime: instant ? new Date(instant).toISOString() : null,
  };
}

/** What somebody put: a doctor told in the same words as before stays exactly as it was. */
export function decidePut(record: GmcDoctorRecord, known: KnownDoctor, asOf: string): DoctorDecision {
  const { stored } = known;
  if (stored && !stored.deleted && stored.existsInGmc && saysTheSame(record, stored)) {
    return settle(stored, { ...stored, gmcLastUpdatedDateTime: asked(record, stored) }, asOf);
  }
  return decideNightly(record, known, asOf);
}

/**
 * What GMC tells of a doctor. The admin is ours and stays. A doctor known before who is not under notice has nothing left
 * to recommend (COMPLETED); otherwise the recommendations tell the status, which is NOT_STARTED where there are none.
 */
export function decideNightly(record: GmcDoctorRecord, known: KnownDoctor, asOf: string): DoctorDecision {
  const { stored, recommendations } = known;
  const before = stored && !stored.deleted ? stored : null;
  const isDone = before !== null && record.underNotice === 'NO';
  const next: StoredDoctor = {
    ...record,
    dateAdded: record.dateAdded ?? before?.dateAdded ?? asOf,
    gmcLastUpdatedDateTime: asked(record, before),
    doctorStatus: isDone ? 'COMPLETED' : tisStatusOf(latestRecommendation(recommendations, record, asOf)),
    admin: before?.admin ?? null,
    existsInGmc: true,
    deleted: false,
    lastUpdatedDate: before?.lastUpdatedDate ?? null,
    version: stored?.version ?? 0,
  };
  return settle(stored, next, asOf);
}

/** GMC's words, without the moment of asking: a repetition is no change. A date that was not told stays. */
function saysTheSame(record: GmcDoctorRecord, stored: StoredDoctor): boolean {
  return TOLD.every((field) => (field === 'dateAdded' && record.dateAdded === null) || record[field] === stored[field]);
}

const TOLD = [
  'firstName',
  'lastName',
  'submissionDate',
  'dateAdded',
  'underNotice',
  'sanction',
  'designatedBodyCode',
] as const satisfies readonly (keyof GmcDoctorRecord)[];

/** Fields that others see; a change of one of them raises the version. */
const SHOWN = [
  ...TOLD,
  'doctorStatus',
  'admin',
  'existsInGmc',
  'deleted',
] as const satisfies readonly (keyof StoredDoctor)[];

function asked(record: GmcDoctorRecord, before: StoredDoctor | null): string | null {
  return record.gmcLastUpdatedDateTime ?? before?.gmcLastUpdatedDateTime ?? null;
}

function settle(stored: StoredDoctor | null, next: StoredDoctor, asOf: string): DoctorDecision {
  if (stored && SHOWN.every((field) => stored[field] === next[field])) {
    const isSame = stored.gmcLastUpdatedDateTime === next.gmcLastUpdatedDateTime;
    return { next, change: isSame ? 'unchanged' : 'refreshed' };
  }
  return {
    next: { ...next, version: (stored?.version ?? 0) + 1, lastUpdatedDate: asOf },
    change: !stored || stored.deleted ? 'created' : 'updated',
  };
}
