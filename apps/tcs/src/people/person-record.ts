import { createHash } from 'node:crypto';
import type { TraineeBody } from './trainee-body.js';

/** A programme as a membership states it. */
export interface ProgrammeRecord {
  number: string;
  name: string | null;
  owner: string | null;
}

export interface MembershipRecord {
  programme: ProgrammeRecord;
  type: string | null;
  startDate: string | null;
  endDate: string | null;
  curricula: { name: string; endDate: string | null }[];
}

/** A person as it is stored: a body with nothing left open. */
export interface PersonRecord {
  id: number;
  forenames: string | null;
  surname: string;
  role: string | null;
  gmcNumber: string | null;
  memberships: MembershipRecord[];
  placements: { gradeId: string; grade: string | null; dateFrom: string | null; dateTo: string | null }[];
}

export function toPersonRecord(personId: number, body: TraineeBody): PersonRecord {
  return {
    id: personId,
    forenames: body.forenames ?? null,
    surname: body.surname,
    role: body.role ?? null,
    gmcNumber: body.gmcNumber ?? null,
    memberships: (body.programmeMemberships ?? []).map((membership) => ({
      programme: {
        number: membership.programmeNumber,
        name: membership.programmeName ?? null,
        owner: membership.owner ?? null,
      },
      type: membership.type ?? null,
      startDate: membership.startDate ?? null,
      endDate: membership.endDate ?? null,
      curricula: (membership.curricula ?? []).map(({ name, endDate }) => ({ name, endDate: endDate ?? null })),
    })),
    placements: (body.placements ?? []).map((placement) => ({
      gradeId: String(placement.gradeId),
      grade: placement.grade ?? null,
      dateFrom: placement.dateFrom ?? null,
      dateTo: placement.dateTo ?? null,
    })),
  };
}

/**
 * Tells whether a person changed. Names and owners of programmes are left out: they belong to the programme, which
 * somebody else's body may change meanwhile, and are compared with the programme itself.
 */
export function contentHash(person: PersonRecord): string {
  const memberships = person.memberships.map(({ programme, ...rest }) => ({ number: programme.number, ...rest }));
  return createHash('sha256')
    .update(JSON.stringify({ ...person, memberships }))
    .digest('base64');
}

/** The programmes that people's memberships state, each once; of contradicting statements the last one wins. */
export function statedProgrammes(people: readonly PersonRecord[]): ProgrammeRecord[] {
  const byNumber = new Map<string, ProgrammeRecord>();
  for (const { memberships } of people)
    for (const { programme } of memberships) byNumber.set(programme.number, programme);
  return [...byNumber.values()];
}
