import {
  allocateIds,
  answerEach,
  type Change,
  changing,
  checkFields,
  complete,
  findRows,
  type NamedRows,
  notThere,
  type OwnedType,
  parentId,
  referring,
} from '@lockstep/ownership';
import type { EntityManager } from 'typeorm';
import { LocationFields, NamedFields } from './import-fields.js';
import { BRAND, CATEGORY, LOCATION } from './imported-rows.js';

export const importedBrands: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      ({ fields }) => checkFields(NamedFields, fields) ?? { good: fields as unknown as NamedFields },
      async (brands) => toAnswers(BRAND, await insertNamed(manager, 'brand', brands)),
    ),
  update: changing(BRAND, LocationFields, (manager, changes) => rename(manager, 'brand', changes)),
  reference: referring(BRAND),
};

export const importedLocations: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      ({ fields }) => checkFields(LocationFields, fields) ?? { good: fields as LocationFields },
      async (locations) => toAnswers(LOCATION, await insertNamed(manager, 'location', locations)),
    ),
  update: changing(LOCATION, LocationFields, (manager, changes) => rename(manager, 'location', changes)),
  reference: referring(LOCATION),
};

export const importedCategories: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      (item) => {
        const refusal = checkFields(NamedFields, item.fields);
        if (refusal) return refusal;
        const parent = parentId(item, 'category', 'categoryId', { separate: false });
        return { good: { name: (item.fields as unknown as NamedFields).name, parent } };
      },
      async (categories) => {
        const parents = await findRows(
          manager,
          CATEGORY,
          categories.map(({ parent }) => parent),
        );
        const isGood = ({ parent }: { parent: number | null | undefined }) =>
          parent === undefined || parents.has(parent ?? 0);
        const ids = (await insertNamed(manager, 'category', categories.filter(isGood), 'parent_id')).values();
        return categories.map((category) =>
          isGood(category)
            ? complete({ categoryId: ids.next().value as number })
            : notThere('category', { categoryId: category.parent }),
        );
      },
    ),
  update: changing(CATEGORY, LocationFields, (manager, changes) => rename(manager, 'category', changes)),
  reference: referring(CATEGORY),
};

/** In the order given. */
async function insertNamed(
  manager: EntityManager,
  table: string,
  rows: readonly { readonly name?: string | undefined; readonly parent?: number | null | undefined }[],
  parentColumn?: string,
): Promise<number[]> {
  const ids = await allocateIds(manager, `${table}_id_seq`, rows.length);
  await manager.query(
    `INSERT INTO ${table} (id, name${parentColumn ? `, ${parentColumn}` : ''}) OVERRIDING SYSTEM VALUE
     SELECT s.id, s.name${parentColumn ? ', s.parent' : ''}
     FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS s (id, name, parent)`,
    [ids, rows.map(({ name }) => name ?? null), rows.map(({ parent }) => parent ?? null)],
  );
  return ids;
}

function toAnswers({ idNames: [name] }: NamedRows, ids: readonly number[]) {
  return ids.map((id) => complete({ [name]: id }));
}

async function rename(manager: EntityManager, table: string, changes: readonly Change[]): Promise<void> {
  const names = new Map(changes.filter(({ fields }) => 'name' in fields).map(({ id, fields }) => [id, fields['name']]));
  await manager.query(
    `UPDATE ${table} t SET name = s.name FROM unnest($1::bigint[], $2::text[]) AS s (id, name) WHERE t.id = s.id`,
    [[...names.keys()], [...names.values()]],
  );
}
