import type { MasterDoctorDocument } from '@lockstep/contracts';
import { defineIndexSchema } from '@lockstep/search';

/** Why a doctor needs somebody's attention, in the order in which reasons are shown. */
export const EXCEPTION_REASONS = {
  VISITOR: 'Visitor',
  MEMBERSHIP_EXPIRED: 'Programme membership has ended',
} as const;
export type ExceptionReason = keyof typeof EXCEPTION_REASONS;

/** A doctor as the connection index holds it: once, however many lists show it. */
export interface ConnectionDocument
  extends Pick<
    MasterDoctorDocument,
    | 'gmcReferenceNumber'
    | 'doctorFirstName'
    | 'doctorLastName'
    | 'submissionDate'
    | 'tcsPersonId'
    | 'programmeName'
    | 'membershipType'
    | 'designatedBody'
    | 'tcsDesignatedBody'
    | 'programmeOwner'
    | 'membershipStartDate'
    | 'membershipEndDate'
    | 'connectionStatus'
  > {
  isException: boolean;
  exceptionReasons: ExceptionReason[];
  /** The day on which this document changes without anything happening to the doctor; null when there is none. */
  nextTransitionDate: string | null;
}

/** Raise `version` with any change to a field, so that the next rebuild writes every document again. */
export const connectionSchema = defineIndexSchema({
  name: 'connection',
  version: 1,
  fields: {
    gmcReferenceNumber: { type: 'keyword', search: true, sort: true },
    doctorFirstName: { type: 'keyword', search: true, sort: true },
    doctorLastName: { type: 'keyword', search: true, sort: true },
    submissionDate: { type: 'date', sort: true },
    tcsPersonId: { type: 'long' },
    programmeName: { type: 'keyword', match: true, sort: true },
    membershipType: { type: 'keyword', sort: true },
    designatedBody: { type: 'keyword', sort: true },
    tcsDesignatedBody: { type: 'keyword', sort: true },
    programmeOwner: { type: 'keyword', sort: true },
    membershipStartDate: { type: 'date', sort: true },
    membershipEndDate: { type: 'date', sort: true },
    connectionStatus: { type: 'keyword' },
    isException: { type: 'boolean' },
    exceptionReasons: { type: 'keyword' },
    nextTransitionDate: { type: 'date' },
  },
});

/** The three lists over the one index: connected and disconnected share every doctor out, an exception is in one of them too. */
export const connectionAliases = [
  { name: 'connectedindex', filter: { field: 'connectionStatus', anyOf: ['Yes'] } },
  { name: 'disconnectedindex', filter: { field: 'connectionStatus', anyOf: ['No'] } },
  { name: 'exceptionindex', filter: { field: 'isException', anyOf: [true] } },
] as const;
