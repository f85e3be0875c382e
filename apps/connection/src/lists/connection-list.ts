import { masterDoctorSchema } from '@lockstep/projection';
import type { Filter, IndexSchema } from '@lockstep/search';
import { connectionSchema } from '../documents/connection-document.js';

/** Whose designated bodies a caller asks for. Empty: not asked for. */
export interface AskedBodies {
  /** GMC's. */
  readonly designatedBodies: readonly string[];
  /** Of the programme's owner. */
  readonly tisDesignatedBodies: readonly string[];
}

/** A list as it is read. */
export interface ConnectionList {
  readonly alias: string;
  readonly schema: IndexSchema;
  /** Military doctors and foundation year 1 are other people's business. */
  readonly hasExclusions: boolean;
  readonly toBodyFilters: (asked: AskedBodies) => Filter[];
}

const master = { schema: masterDoctorSchema, hasExclusions: true };
const own = { schema: connectionSchema, hasExclusions: false };

/** The lists by name. Two are integration's view of the master, three this service's own. */
export const CONNECTION_LISTS = {
  current: { ...master, alias: 'current_connections', toBodyFilters: bothBodies },
  discrepancies: { ...master, alias: 'discrepancies', toBodyFilters: eitherBody },
  connected: { ...own, alias: 'connectedindex', toBodyFilters: bothBodies },
  disconnected: { ...own, alias: 'disconnectedindex', toBodyFilters: bothBodies },
  exceptions: { ...own, alias: 'exceptionindex', toBodyFilters: eitherBody },
} as const satisfies Readonly<Record<string, ConnectionList>>;

export type ConnectionListName = keyof typeof CONNECTION_LISTS;

/** Each body that is asked for must be the doctor's. */
function bothBodies({ designatedBodies, tisDesignatedBodies }: AskedBodies): Filter[] {
  return [...among('designatedBody', designatedBodies), ...among('tcsDesignatedBody', tisDesignatedBodies)];
}

/** One is enough: a doctor whose two bodies differ concerns both. */
function eitherBody(asked: AskedBodies): Filter[] {
  const either = bothBodies(asked);
  return either.length > 0 ? [{ or: either }] : [];
}

function among(field: string, codes: readonly string[]): Filter[] {
  return codes.length > 0 ? [{ field, anyOf: codes }] : [];
}
