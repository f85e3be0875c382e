import type { MasterDoctorDocument } from '@lockstep/contracts';
import type { ConnectionDocument, ExceptionReason } from './connection-document.js';

/** What decides whether a doctor is an exception. */
type ExceptionFacts = Pick<MasterDoctorDocument, 'membershipType' | 'membershipEndDate' | 'connectionStatus'>;

/** The doctor as the connection index shows it on the day `asOf` (`yyyy-MM-dd`). */
export function toConnectionDocument(master: MasterDoctorDocument, asOf: string): ConnectionDocument {
  const exceptionReasons = exceptionReasonsOf(master, asOf);
  return {
    gmcReferenceNumber: master.gmcReferenceNumber,
    doctorFirstName: master.doctorFirstName,
    doctorLastName: master.doctorLastName,
    submissionDate: master.submissionDate,
    tcsPersonId: master.tcsPersonId,
    programmeName: master.programmeName,
    membershipType: master.membershipType,
    designatedBody: master.designatedBody,
    tcsDesignatedBody: master.tcsDesignatedBody,
    programmeOwner: master.programmeOwner,
    membershipStartDate: master.membershipStartDate,
    membershipEndDate: master.membershipEndDate,
    connectionStatus: master.connectionStatus,
    isException: exceptionReasons.length > 0,
    exceptionReasons,
    nextTransitionDate: nextTransitionDate(master, asOf),
  };
}

/**
 * A visitor is one, however the word is written; so is a doctor who is connected though the membership ended before today.
 * The last day of a membership still counts.
 */
export function exceptionReasonsOf(facts: ExceptionFacts, asOf: string): ExceptionReason[] {
  const reasons: ExceptionReason[] = [];
  if (facts.membershipType?.trim().toLowerCase() === 'visitor') reasons.push('VISITOR');
  if (canExpire(facts) && facts.membershipEndDate < asOf) reasons.push('MEMBERSHIP_EXPIRED');
  return reasons;
}

/** The first day on which a membership that runs on `asOf` counts as expired. */
function nextTransitionDate(facts: ExceptionFacts, asOf: string): string | null {
  return canExpire(facts) && facts.membershipEndDate >= asOf ? dayAfter(facts.membershipEndDate) : null;
}

function canExpire(facts: ExceptionFacts): facts is ExceptionFacts & { membershipEndDate: string } {
  return facts.connectionStatus === 'Yes' && facts.membershipEndDate !== null;
}

function dayAfter(date: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString().slice(0, 10);
}
