import { type BulkAnswer, loadLines, type NdjsonLine } from '@lockstep/service';
import type { SaveOutcome } from './people.store.js';
import { type PersonRecord, toPersonRecord } from './person-record.js';
import { BulkTraineeBody } from './trainee-body.js';

/** Saves people line by line, each checked exactly as the body of a PUT; see `loadLines`. */
export function loadPeople(
  lines: AsyncIterable<NdjsonLine>,
  save: (people: PersonRecord[]) => Promise<Pick<SaveOutcome, 'created' | 'updated'>>,
): Promise<BulkAnswer> {
  return loadLines(lines, {
    body: BulkTraineeBody,
    toRecord: (body: BulkTraineeBody) => toPersonRecord(body.personId, body),
    keyOf: (person) => person.id,
    save,
  });
}
