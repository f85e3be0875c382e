import { randomUUID } from 'node:crypto';
import type {
  ImportLinkRequestV1,
  ImportObjectItemV1,
  ImportObjectRequestV1,
  ImportResultItemV1,
} from '@lockstep/contracts';
import { createDataSource } from '@lockstep/database';
import type { Outbox } from '@lockstep/messaging';
import { IsInt, IsOptional, IsString, MaxLength } from 'class-validator';
import type { DataSource, EntityManager, MigrationInterface, QueryRunner } from 'typeorm';
import {
  answerEach,
  checkFields,
  complete,
  ImportRequests,
  type ItemAnswer,
  notThere,
  type Owned,
  ownershipMigrations,
  ProcessedKeys,
  readId,
  refuse,
} from './index.js';

class CreateThing1760000000999 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE thing (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL CONSTRAINT thing_name_key UNIQUE,
        weight integer CONSTRAINT thing_weight_check CHECK (weight < 1000)
      );
      CREATE TABLE pair (left_id bigint, right_id bigint, PRIMARY KEY (left_id, right_id));
      CREATE TABLE told (result json NOT NULL);
    `);
  }
  async down(): Promise<void> {}
}

class ThingFields {
  @IsString()
  @MaxLength(20)
  name!: string;

  @IsOptional()
  @IsInt()
  weight?: number;
}

/** Things with a unique name and a weight that only the database limits. */
export const owned: Owned = {
  objects: {
    thing: {
      create: (manager, items) =>
        answerEach(
          items,
          ({ fields }) => checkFields(ThingFields, fields) ?? { good: fields as unknown as ThingFields },
          (things) => insertThings(manager, things),
        ),
      reference: async (manager, items) => {
        const rows: { id: number }[] = await manager.query('SELECT id FROM thing');
        const known = new Set(rows.map(({ id }) => id));
        return items.map(({ identifierIds }) => {
          const id = readId(identifierIds, 'thingId');
          return id !== null && known.has(id) ? complete({ thingId: id }) : notThere('thing', identifierIds);
        });
      },
    },
  },
  links: {
    pair: (manager, items) =>
      answerEach(
        items,
        ({ child, parent }) => {
          const pair = [readId(child.identifierIds, 'thingId'), readId(parent.identifierIds, 'thingId')] as const;
          return pair.includes(null) ? notThere('thing', child.identifierIds) : { good: pair };
        },
        async (pairs) => {
          await manager.query(
            'INSERT INTO pair SELECT DISTINCT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING',
            [pairs.map(([left]) => left), pairs.map(([, right]) => right)],
          );
          return pairs.map(() => complete());
        },
      ),
  },
};

async function insertThings(manager: EntityManager, things: readonly ThingFields[]): Promise<ItemAnswer[]> {
  const rows: { id: number; name: string }[] = await manager.query(
    `INSERT INTO thing (name, weight) SELECT * FROM unnest($1::text[], $2::int[])
     ON CONFLICT (name) DO NOTHING RETURNING id, name`,
    [things.map(({ name }) => name), things.map(({ weight }) => weight ?? null)],
  );
  const ids = new Map(rows.map(({ id, name }) => [name, id]));
  return things.map(({ name }) => {
    const thingId = ids.get(name);
    ids.delete(name);
    return thingId === undefined ? refuse('NAME_TAKEN', 'The name is taken.', 'name') : complete({ thingId });
  });
}

/** An owner of things on a database of its own, without a broker: what it answers lies in the table `told`. */
export class ThingOwner {
  private constructor(readonly dataSource: DataSource) {}

  static async open(url: string): Promise<ThingOwner> {
    const migrations = [...ownershipMigrations, CreateThing1760000000999];
    const dataSource = createDataSource({ url, schema: 'things', service: 'things', entities: [], migrations });
    await dataSource.initialize();
    return new ThingOwner(dataSource);
  }

  requests(work: Owned = owned): ImportRequests {
    const outbox = {
      add: (manager: EntityManager, _definition: object, result: object) =>
        manager.query('INSERT INTO told VALUES ($1)', [JSON.stringify(result)]),
    };
    return new ImportRequests(work, this.dataSource, new ProcessedKeys(), outbox as unknown as Outbox);
  }

  /** Everything answered so far about these ids, in no order. */
  async toldOf(ids: readonly string[]): Promise<ImportResultItemV1[]> {
    const rows: { result: { items: ImportResultItemV1[] } }[] = await this.dataSource.query('SELECT result FROM told');
    return rows.flatMap(({ result }) => result.items).filter(({ id }) => ids.includes(id));
  }

  async names(like: string): Promise<string[]> {
    const rows: { name: string }[] = await this.dataSource.query(
      'SELECT name FROM thing WHERE name LIKE $1 ORDER BY name',
      [like],
    );
    return rows.map(({ name }) => name);
  }
}

const BATCH = randomUUID();

/** A request for things by these fields; ids and keys are `<prefix>:<place>`. */
export function askFor(
  prefix: string,
  fields: readonly Record<string, unknown>[],
  change: Partial<ImportObjectRequestV1> = {},
): ImportObjectRequestV1 {
  const items = fields.map((each, index) => ({
    pendingObjectId: `${prefix}:${index}`,
    idempotencyKey: `${prefix}:${index}`,
    action: 'create',
    fields: each,
    identifierIds: null,
    parents: [],
  })) as unknown as ImportObjectItemV1[];
  return { importBatchId: BATCH, dispatchId: `${prefix}-1`, attempt: 1, objectType: 'thing', items, ...change };
}

/** A request for pairs of things. */
export function askForPairs(prefix: string, pairs: readonly [number, number][], linkTag = 'pair'): ImportLinkRequestV1 {
  const end = (id: number) => ({ objectType: 'thing', identifierIds: { thingId: String(id) } });
  const items = pairs.map(([left, right], index) => ({
    pendingLinkId: `${prefix}:${index}`,
    idempotencyKey: `${prefix}:${index}`,
    child: end(left),
    parent: end(right),
    properties: null,
  }));
  return { importBatchId: BATCH, dispatchId: `${prefix}-1`, attempt: 1, linkTag, items };
}
