import { isDeepStrictEqual } from 'node:util';
import type { IndexedDocument } from '../stage/master-index.js';
import type { Stage } from '../stage/stage.js';
import { recomputeDocuments } from './recompute.js';

/** How two streams of documents, both ordered by GMC number by bytes, differ. */
export interface Comparison {
  /** Documents that are on both sides and equal in every field. */
  equal: number;
  differing: number;
  /** Only on the expected side. */
  missing: number;
  /** Only in the index. */
  surplus: number;
  /** The first few differences, to be read by a person. */
  examples: string[];
}

/** A comparison in which nothing differs. */
export function allEqual(documents: number): Comparison {
  return { equal: documents, differing: 0, missing: 0, surplus: 0, examples: [] };
}

const MAX_EXAMPLES = 10;

/** Holds the master index against the recomputation from the source's tables, document by document, in flat memory. */
export function compareWithSource(stage: Stage, asOf: string): Promise<Comparison> {
  return stage.withDatabase((client) => compareStreams(recomputeDocuments(client, asOf), stage.index.documents()));
}

/** Merges both streams by their order. */
export async function compareStreams(
  expected: AsyncGenerator<IndexedDocument>,
  indexed: AsyncGenerator<IndexedDocument>,
): Promise<Comparison> {
  const result = allEqual(0);
  let [left, right] = [await expected.next(), await indexed.next()];
  try {
    while (!left.done || !right.done) {
      const order = left.done ? 1 : right.done ? -1 : compareNumbers(left.value, right.value);
      if (order < 0) note(result, 'missing', `missing: ${JSON.stringify(left.value)}`);
      else if (order > 0) note(result, 'surplus', `surplus: ${JSON.stringify(right.value)}`);
      else if (isDeepStrictEqual(left.value, right.value)) result.equal += 1;
      else note(result, 'differing', describeDifference(left.value as IndexedDocument, right.value as IndexedDocument));
      if (order <= 0) left = await expected.next();
      if (order >= 0) right = await indexed.next();
    }
  } finally {
    await expected.return(undefined);
    await indexed.return(undefined);
  }
  return result;
}

function compareNumbers(left: IndexedDocument, right: IndexedDocument): number {
  return Buffer.compare(Buffer.from(numberOf(left)), Buffer.from(numberOf(right)));
}

function numberOf(document: IndexedDocument): string {
  return String(document['gmcReferenceNumber']);
}

function note(result: Comparison, kind: 'differing' | 'missing' | 'surplus', example: string): void {
  result[kind] += 1;
  if (result.examples.length < MAX_EXAMPLES) result.examples.push(example);
}

/** Only the fields that differ: a whole document would hide them. */
function describeDifference(expected: IndexedDocument, indexed: IndexedDocument): string {
  const fields = [...new Set([...Object.keys(expected), ...Object.keys(indexed)])]
    .filter((field) => !isDeepStrictEqual(expected[field], indexed[field]))
    .map((field) => `${field}: ${JSON.stringify(expected[field])} expected, ${JSON.stringify(indexed[field])} indexed`);
  return `${numberOf(expected)}: ${fields.join('; ')}`;
}
