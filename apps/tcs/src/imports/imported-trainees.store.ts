import type { ImportObjectItemV1 } from '@lockstep/contracts';
import {
  allocateIds,
  answerEach,
  checkFields,
  complete,
  type ItemAnswer,
  notThere,
  parentId,
  readId,
} from '@lockstep/ownership';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LiveUpdates } from '../live-updates/live-updates.js';
import { readTrainees, savePeople } from '../people/people.store.js';
import { toPersonRecord } from '../people/person-record.js';
import { TraineeChange, TraineeFields } from './import-fields.js';
import { addMemberships, findProgrammeIds, type NewMembership } from './membership-rows.js';

/** People whom an import creates, changes or refers to. Every change is told of as that of a PUT is. */
@Injectable()
export class ImportedTraineesStore {
  constructor(private readonly live: LiveUpdates) {}

  /** A programme whose link is not made apart is joined at once. */
  create = (manager: EntityManager, items: readonly ImportObjectItemV1[]): Promise<ItemAnswer[]> =>
    answerEach(
      items,
      (item) => {
        const refusal = checkFields(TraineeFields, item.fields);
        if (refusal) return refusal;
        const programmeId = parentId(item, 'programme', 'programmeId', { separate: false });
        return { good: { fields: item.fields as unknown as TraineeFields, programmeId } };
      },
      async (good) => {
        const programmes = await findProgrammeIds(
          manager,
          good.flatMap(({ programmeId }) => programmeId ?? []),
        );
        const isMissing = (id: number | null | undefined) => id !== undefined && !programmes.has(id ?? 0);
        const people = good.filter(({ programmeId }) => !isMissing(programmeId));
        const ids = await allocateIds(manager, 'person_allocated_id_seq', people.length);
        await savePeople(
          manager,
          people.map(({ fields }, index) => toPersonRecord(ids[index] as number, fields)),
        );
        const memberships = people.flatMap(({ programmeId }, index): NewMembership[] =>
          programmeId
            ? [{ personId: ids[index] as number, programmeId, type: null, startDate: null, endDate: null }]
            : [],
        );
        await addMemberships(manager, memberships);
        await this.live.tell(manager, ids);
        const made = ids.values();
        return good.map(({ programmeId }) =>
          isMissing(programmeId)
            ? notThere('programme', { programmeId })
            : complete({ personId: made.next().value as number }),
        );
      },
    );

  /** What is not stated stays as it is, memberships and placements included. */
  update = (manager: EntityManager, items: readonly ImportObjectItemV1[]): Promise<ItemAnswer[]> =>
    answerEach(
      items,
      (item) => checkFields(TraineeChange, item.fields) ?? { good: item },
      async (good) => {
        const ids = good.map(({ identifierIds }) => readId(identifierIds, 'personId'));
        const wanted = [...new Set(ids.flatMap((id) => id ?? []))];
        await holdPeople(manager, wanted);
        const trainees = new Map((await readTrainees(manager, wanted)).map((view) => [view.personId, view]));
        const records = new Map(
          good.flatMap((item, index) => {
            const view = trainees.get(ids[index] ?? 0);
            if (!view) return [];
            // Of two changes of one person the later adds to the earlier.
            const changed = Object.assign(view, item.fields as TraineeChange);
            return [[view.personId, toPersonRecord(view.personId, changed)] as const];
          }),
        );
        const { changed } = await savePeople(manager, [...records.values()]);
        await this.live.tell(manager, changed);
        return good.map((item, index) => answerFor(item, records.has(ids[index] ?? 0)));
      },
    );

  reference = async (manager: EntityManager, items: readonly ImportObjectItemV1[]): Promise<ItemAnswer[]> => {
    const ids = items.map(({ identifierIds }) => readId(identifierIds, 'personId'));
    const rows: { id: number }[] = await manager.query(
      'SELECT id FROM person WHERE id = ANY ($1::bigint[]) AND NOT deleted',
      [ids.flatMap((id) => id ?? [])],
    );
    const known = new Set(rows.map(({ id }) => id));
    return items.map((item, index) => answerFor(item, known.has(ids[index] ?? 0)));
  };
}

function answerFor(item: ImportObjectItemV1, isThere: boolean): ItemAnswer {
  if (!isThere) return notThere('trainee', item.identifierIds);
  return complete({ personId: readId(item.identifierIds, 'personId') as number });
}

/** Nobody may rename the people's programmes, nor change the people, between reading and writing; locked as a save locks. */
async function holdPeople(manager: EntityManager, personIds: readonly number[]): Promise<void> {
  await manager.query(
    `SELECT FROM programme WHERE id IN (SELECT programme_id FROM programme_membership WHERE person_id = ANY ($1::bigint[]))
     ORDER BY number FOR SHARE`,
    [personIds],
  );
  await manager.query('SELECT FROM person WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE', [personIds]);
}
