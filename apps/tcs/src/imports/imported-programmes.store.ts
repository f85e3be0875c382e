import type { ImportObjectItemV1 } from '@lockstep/contracts';
import {
  allocateIds,
  answerEach,
  checkFields,
  complete,
  type ItemAnswer,
  notThere,
  readId,
  refuse,
} from '@lockstep/ownership';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LiveUpdates } from '../live-updates/live-updates.js';
import { raiseMembers } from '../people/people.store.js';
import { ProgrammeChange, ProgrammeFields } from './import-fields.js';

interface ProgrammeRow {
  id: number;
  number: string;
}

/** Programmes that an import creates, changes or refers to. */
@Injectable()
export class ImportedProgrammesStore {
  constructor(private readonly live: LiveUpdates) {}

  create = (manager: EntityManager, items: readonly ImportObjectItemV1[]): Promise<ItemAnswer[]> =>
    answerEach(
      items,
      ({ fields }) => checkFields(ProgrammeFields, fields) ?? { good: fields as unknown as ProgrammeFields },
      async (programmes) => {
        const ids = await insertProgrammes(manager, programmes);
        return ids.map((made, index) => {
          if (made) return toAnswer(made);
          const message = `There is a programme with the number ${programmes[index]?.number} already.`;
          return refuse('PROGRAMME_NUMBER_TAKEN', message, 'number');
        });
      },
    );

  /** A name shows in everybody on the programme, so they are raised and told of. */
  update = (manager: EntityManager, items: readonly ImportObjectItemV1[]): Promise<ItemAnswer[]> =>
    answerEach(
      items,
      (item) => checkFields(ProgrammeChange, item.fields) ?? { good: item },
      async (good) => {
        const known = await findProgrammes(manager, good);
        const changes = good.flatMap((item, index) => {
          const programme = known[index];
          return programme ? [{ id: programme.id, change: item.fields as ProgrammeChange }] : [];
        });
        const changed = await changeProgrammes(manager, changes);
        const touched = await raiseMembers(manager, changed, []);
        await this.live.tell(manager, [...touched]);
        return good.map((item, index) => answerFor(item, known[index]));
      },
    );

  reference = async (manager: EntityManager, items: readonly ImportObjectItemV1[]): Promise<ItemAnswer[]> => {
    const known = await findProgrammes(manager, items);
    return items.map((item, index) => answerFor(item, known[index]));
  };
}

function toAnswer({ id, number }: ProgrammeRow): ItemAnswer {
  return complete({ programmeId: id, number });
}

function answerFor(item: ImportObjectItemV1, programme: ProgrammeRow | undefined): ItemAnswer {
  return programme ? toAnswer(programme) : notThere('programme', item.identifierIds);
}

/** In the order given; undefined where the number was taken, also by an earlier one of the same call. */
async function insertProgrammes(
  manager: EntityManager,
  programmes: readonly ProgrammeFields[],
): Promise<(ProgrammeRow | undefined)[]> {
  const ids = await allocateIds(manager, 'programme_id_seq', programmes.length);
  const rows: ProgrammeRow[] = await manager.query(
    `INSERT INTO programme (id, number, name, owner) OVERRIDING SYSTEM VALUE
     SELECT s.id, coalesce(s.number, 'IMPORT-' || s.id), s.name, s.owner
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS s (id, number, name, owner)
     ORDER BY s.number, s.id
     ON CONFLICT (number) DO NOTHING
     RETURNING id, number`,
    [
      ids,
      programmes.map(({ number }) => number ?? null),
      programmes.map(({ name }) => name),
      programmes.map(({ owner }) => owner ?? null),
    ],
  );
  const made = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => made.get(id));
}

/** By id, or by number where there is no id. */
async function findProgrammes(
  manager: EntityManager,
  items: readonly ImportObjectItemV1[],
): Promise<(ProgrammeRow | undefined)[]> {
  const asked = items.map(({ identifierIds }) => ({
    id: readId(identifierIds, 'programmeId'),
    number: typeof identifierIds?.['number'] === 'string' ? identifierIds['number'] : null,
  }));
  const rows: ProgrammeRow[] = await manager.query(
    'SELECT id, number FROM programme WHERE id = ANY ($1::bigint[]) OR number = ANY ($2::text[]) ORDER BY number',
    [asked.flatMap(({ id }) => id ?? []), asked.flatMap(({ number }) => number ?? [])],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const byNumber = new Map(rows.map((row) => [row.number, row]));
  return asked.map(({ id, number }) => (id !== null ? byId.get(id) : byNumber.get(number ?? '')));
}

/** What is not stated stays. Answers the ids of those that differ now. */
async function changeProgrammes(
  manager: EntityManager,
  changes: readonly { readonly id: number; readonly change: ProgrammeChange }[],
): Promise<number[]> {
  if (changes.length === 0) return [];
  // In the order of their numbers, as every save locks them.
  await manager.query('SELECT FROM programme WHERE id = ANY ($1::bigint[]) ORDER BY number FOR UPDATE', [
    changes.map(({ id }) => id),
  ]);
  const last = [...new Map(changes.map((each) => [each.id, each])).values()];
  const rows: { id: number }[] = await manager.query(
    `WITH changed AS (
       UPDATE programme p SET name = coalesce(s.name, p.name), owner = coalesce(s.owner, p.owner)
       FROM unnest($1::bigint[], $2::text[], $3::text[]) AS s (id, name, owner)
       WHERE p.id = s.id
         AND (p.name, p.owner) IS DISTINCT FROM (coalesce(s.name, p.name), coalesce(s.owner, p.owner))
       RETURNING p.id
     )
     SELECT id FROM changed`,
    [
      last.map(({ id }) => id),
      last.map(({ change }) => change.name ?? null),
      last.map(({ change }) => change.owner ?? null),
    ],
  );
  return rows.map(({ id }) => id);
}
