import { compileSchema } from '@lockstep/contracts';
import { type FieldError, type NdjsonLine, toFieldErrors } from '@lockstep/service';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { BulkTraineesAnswer, type RejectedLine } from './bulk-answer.js';
import { type PersonRecord, toPersonRecord } from './person-record.js';
import { BulkTraineeBody } from './trainee-body.js';

/** People a transaction: enough for a statement to be worth its round trip, few enough for short locks. */
const CHUNK_SIZE = 500;
/** Rejected lines that are named; the rest is only counted. */
const MAX_ERRORS = 1_000;
/** Faults of one line that are named: a wrong line tends to be wrong in each of its parts. */
const MAX_FAULTS = 20;

/** What became of the people of a chunk; see `PeopleStore.save`. */
export interface SavedChunk {
  created: ReadonlySet<number>;
  updated: ReadonlySet<number>;
}

/** Checks one line of a bulk load exactly as the body of a PUT is checked. */
export function readLine(line: NdjsonLine): { person: PersonRecord } | { rejected: RejectedLine } {
  if ('error' in line) return { rejected: { line: line.line, code: 'LINE_UNREADABLE', message: line.error } };
  const faults = compileSchema(BulkTraineeBody).check(line.value);
  if (faults.length === 0) {
    const body = line.value as BulkTraineeBody;
    return { person: toPersonRecord(body.personId, body) };
  }
  const errors = describeFaults(line.value, faults).slice(0, MAX_FAULTS);
  const message = errors.map((error) => error.message).join('; ');
  return { rejected: { line: line.line, code: 'VALIDATION_FAILED', message, errors } };
}

/** In the words of a PUT's 400. The schema, 15 times faster, decides; its own words are for those who know schemas. */
function describeFaults(value: unknown, faults: readonly string[]): FieldError[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ path: 'body', message: 'the line must be an object' }];
  }
  const found = validateSync(plainToInstance(BulkTraineeBody, value), { whitelist: true, forbidNonWhitelisted: true });
  if (found.length > 0) return toFieldErrors(found);
  return faults.map((fault) => ({ path: fault.split(': ', 1)[0] ?? '', message: fault }));
}

/**
 * Saves all good lines in chunks, one chunk being saved while the next is read and checked; at most two are in memory.
 * A broken line costs only itself. A person named twice is what the later line says, and the earlier line counts as
 * what it would have been.
 */
export async function loadPeople(
  lines: AsyncIterable<NdjsonLine>,
  save: (people: PersonRecord[]) => Promise<SavedChunk>,
): Promise<BulkTraineesAnswer> {
  const answer = new BulkTraineesAnswer();
  let chunk: PersonRecord[] = [];
  let saving: Promise<void> = Promise.resolve();
  const hand = async (): Promise<void> => {
    await saving;
    saving = saveChunk(chunk, save, answer);
    // Awaited with the next chunk; until then its failure is nobody's.
    saving.catch(() => undefined);
    chunk = [];
  };
  for await (const line of lines) {
    answer.received++;
    const read = readLine(line);
    if ('rejected' in read) reject(answer, read.rejected);
    else if (chunk.push(read.person) === CHUNK_SIZE) await hand();
  }
  await hand();
  await saving;
  return answer;
}

function reject(answer: BulkTraineesAnswer, rejected: RejectedLine): void {
  answer.rejected++;
  if (answer.errors.length < MAX_ERRORS) answer.errors.push(rejected);
  else answer.errorsTruncated = true;
}

async function saveChunk(
  chunk: readonly PersonRecord[],
  save: (people: PersonRecord[]) => Promise<SavedChunk>,
  answer: BulkTraineesAnswer,
): Promise<void> {
  if (chunk.length === 0) return;
  const people = [...new Map(chunk.map((person) => [person.id, person])).values()];
  const { created, updated } = await save(people);
  answer.created += created.size;
  answer.updated += updated.size + (chunk.length - people.length);
  answer.unchanged += people.length - created.size - updated.size;
}
