import { type Comparison, compareStreams } from '../revalidation/compare.js';
import type { IndexedDocument } from '../stage/master-index.js';
import type { Stage } from '../stage/stage.js';
import { recomputeMaster } from './recompute.js';

/** What an alias must show of the master's documents. */
interface View {
  shows: (master: IndexedDocument, asOf: string) => boolean;
  toDocument: (master: IndexedDocument, asOf: string) => IndexedDocument;
}

const RECOMMENDATION_FIELDS = [
  'gmcReferenceNumber',
  'doctorFirstName',
  'doctorLastName',
  'submissionDate',
  'dateAdded',
  'lastUpdatedDate',
  'designatedBody',
  'underNotice',
  'sanction',
  'existsInGmc',
  'gmcStatus',
  'tisStatus',
  'admin',
  'tcsPersonId',
  'programmeName',
  'membershipType',
  'curriculumEndDate',
  'connectionStatus',
];

const CONNECTION_FIELDS = [
  'gmcReferenceNumber',
  'doctorFirstName',
  'doctorLastName',
  'submissionDate',
  'tcsPersonId',
  'programmeName',
  'membershipType',
  'designatedBody',
  'tcsDesignatedBody',
  'programmeOwner',
  'membershipStartDate',
  'membershipEndDate',
  'connectionStatus',
];

/** Every alias over the three indexes, stated a second time: from the rules, with no code of the services. */
const VIEWS: Readonly<Record<string, View>> = {
  masterdoctorindex: { shows: () => true, toDocument: same },
  current_connections: { shows: ({ existsInGmc }) => existsInGmc === true, toDocument: same },
  discrepancies: { shows: ({ isDiscrepancy }) => isDiscrepancy === true, toDocument: same },
  recommendationindex: { shows: () => true, toDocument: (master) => pick(master, RECOMMENDATION_FIELDS) },
  connectedindex: { shows: (master) => isConnected(master), toDocument: toConnection },
  disconnectedindex: { shows: (master) => !isConnected(master), toDocument: toConnection },
  exceptionindex: { shows: (master, asOf) => exceptionsOf(master, asOf).length > 0, toDocument: toConnection },
};

/**
 * Holds every alias, document by document, against the recomputation from the tables of both sources.
 *
 * @param master the recomputation, where it was made already
 */
export async function compareEveryAlias(
  stage: Stage,
  asOf: string,
  master?: readonly IndexedDocument[],
): Promise<Record<string, Comparison>> {
  const documents = master ?? (await recomputeMaster(stage, asOf));
  const comparisons: Record<string, Comparison> = {};
  for (const [alias, { shows, toDocument }] of Object.entries(VIEWS)) {
    const expected = documents.filter((document) => shows(document, asOf));
    comparisons[alias] = await compareStreams(
      stream(expected, (document) => toDocument(document, asOf)),
      stage.index.documents(alias),
    );
  }
  return comparisons;
}

/** What must differ in no alias; empty when nothing does. */
export function differences(comparisons: Record<string, Comparison>): object[] {
  return Object.entries(comparisons)
    .filter(([, { differing, missing, surplus }]) => differing + missing + surplus > 0)
    .map(([alias, comparison]) => ({ alias, ...comparison }));
}

async function* stream(
  documents: readonly IndexedDocument[],
  change: (document: IndexedDocument) => IndexedDocument,
): AsyncGenerator<IndexedDocument> {
  for (const document of documents) yield change(document);
}

function same(master: IndexedDocument): IndexedDocument {
  return master;
}

function pick(master: IndexedDocument, fields: readonly string[]): IndexedDocument {
  return Object.fromEntries(fields.map((field) => [field, master[field]]));
}

function isConnected({ designatedBody }: IndexedDocument): boolean {
  return designatedBody !== null && designatedBody !== '';
}

/** A visitor, however written; and who is connected though the membership has ended. */
function exceptionsOf(master: IndexedDocument, asOf: string): string[] {
  const ends = master['membershipEndDate'] as string | null;
  return [
    ...(String(master['membershipType']).toUpperCase() === 'VISITOR' ? ['VISITOR'] : []),
    ...(isConnected(master) && ends !== null && ends < asOf ? ['MEMBERSHIP_EXPIRED'] : []),
  ];
}

function toConnection(master: IndexedDocument, asOf: string): IndexedDocument {
  const reasons = exceptionsOf(master, asOf);
  const ends = master['membershipEndDate'] as string | null;
  const willExpire = isConnected(master) && ends !== null && ends >= asOf;
  return {
    ...pick(master, CONNECTION_FIELDS),
    isException: reasons.length > 0,
    exceptionReasons: reasons,
    nextTransitionDate: willExpire ? new Date(Date.parse(ends) + 86_400_000).toISOString().slice(0, 10) : null,
  };
}
