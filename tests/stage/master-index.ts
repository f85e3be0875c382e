/** A document as the index holds it, without the technical part. */
export type IndexedDocument = Record<string, unknown>;

/** The master index as its engine holds it, read with no code of ours in between. */
export interface MasterIndex {
  /** How many doctors an alias shows. */
  count(alias: string): Promise<number>;
  /** Everything an alias shows, ordered by GMC number (by bytes). For an index at rest. @default the whole master */
  documents(alias?: string): AsyncGenerator<IndexedDocument>;
  /** The same as a map by GMC number; fails when a number is there twice. */
  read(alias?: string): Promise<Map<string, IndexedDocument>>;
  /** A doctor's document in one generation, refreshed or not; undefined when it is not there or a tombstone. */
  readOne(generation: string, gmcNumber: string): Promise<IndexedDocument | undefined>;
  /** What stands under the aliases: names of indexes by alias. */
  targets(): Promise<Map<string, string[]>>;
  /** A generation, or any other index, is there. */
  has(generation: string): Promise<boolean>;
}

/** The alias under which everybody is shown. */
export const EVERYBODY = 'masterdoctorindex';

/** Documents by GMC number; fails when a number is there twice. */
export async function byNumber(all: AsyncIterable<IndexedDocument>): Promise<Map<string, IndexedDocument>> {
  const documents = new Map<string, IndexedDocument>();
  for await (const document of all) {
    const number = String(document['gmcReferenceNumber']);
    if (documents.has(number)) throw new Error(`${number} is there twice`);
    documents.set(number, document);
  }
  return documents;
}

export function withoutTechnicalPart({ lockstep: _, ...document }: IndexedDocument): IndexedDocument {
  return document;
}
