/** The columns of a table that a body states, by the body's fields: SQL is written from it, so that no field is forgotten. */
export interface RowShape {
  readonly table: string;
  /** Type of each column in SQL, by field; the column is the field's name in snake case. */
  readonly fields: Readonly<Record<string, string>>;
}

export function columnOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Creates or replaces rows given as one JSON array `$1` of objects with `id` and the shape's fields. A row that stays as it
 * is keeps its version; a tombstone comes back with the next one. Answers the ids of rows that changed.
 */
export function upsertSql({ table, fields }: RowShape): string {
  const names = Object.keys(fields);
  const columns = names.map(columnOf);
  const values = names.map((name) => `s."${name}"`).join(', ');
  const sets = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  const differs = `(${columns.map((c) => `t.${c}`).join(', ')}) IS DISTINCT FROM (${columns.map((c) => `excluded.${c}`).join(', ')})`;
  const types = names.map((name) => `"${name}" ${fields[name]}`).join(', ');
  return `
    INSERT INTO ${table} AS t (id, ${columns.join(', ')}, version)
    SELECT s.id, ${values}, 1 FROM json_to_recordset($1) AS s (id bigint, ${types}) ORDER BY s.id
    ON CONFLICT (id) DO UPDATE SET ${sets}, version = t.version + 1, deleted = false, updated_at = now()
    WHERE t.deleted OR ${differs}
    RETURNING id`;
}

/** A row as JSON under the alias `t`, the shape's fields and further ones (SQL by name). Money is exact text. */
export function viewSql({ fields }: RowShape, more: Readonly<Record<string, string>> = {}): string {
  const own = Object.entries(fields).map(([field, type]) => {
    const column = `t.${columnOf(field)}`;
    return `'${field}', ${type.startsWith('numeric') ? `${column}::text` : column}`;
  });
  const others = Object.entries(more).map(([field, sql]) => `'${field}', ${sql}`);
  const head = `'id', t.id, 'version', t.version,
    'updatedAt', to_char(t.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return `json_build_object(${[head, ...own, ...others].join(', ')})`;
}
