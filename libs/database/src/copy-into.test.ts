import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { arrayLiteral, copyInto, createDataSource, inTransaction, migrate } from './index.js';

describeWithEngines('copyInto', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    dataSource = createDataSource({
      url: database.url,
      schema: 'copy-test',
      service: 'test',
      entities: [],
      migrations: [],
    });
    await dataSource.initialize();
    await migrate(dataSource);
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await database?.remove();
  });

  it('reads back every kind of value as it was given', async () => {
    await dataSource.query(`CREATE TABLE kinds (id int, "wei rd" text, big bigint, yes boolean, at timestamptz, day date,
      bytes bytea, doc jsonb, tags text[])`);
    const at = new Date('2026-02-03T04:05:06.789Z');
    const tags = ['a', null, 'b "c" \\', ''];
    const doc = { text: 'tab\t "quote" \\ line\n', list: [1, null, '\\N'] };
    const row = [
      1,
      '\\N',
      9_007_199_254_740_991n,
      true,
      at,
      '2026-02-03',
      Buffer.from([0, 92, 255]),
      doc,
      arrayLiteral(tags),
    ];
    const columns = ['id', 'wei rd', 'big', 'yes', 'at', 'day', 'bytes', 'doc', 'tags'];
    const nulls = [2, null, undefined, null, null, null, null, null, null];
    expect(await inTransaction(dataSource, (manager) => copyInto(manager, 'kinds', columns, [row, nulls]))).toBe(2);
    const [first, second] = await dataSource.query('SELECT * FROM kinds ORDER BY id');
    expect(first).toEqual({
      id: 1,
      'wei rd': '\\N',
      big: 9_007_199_254_740_991,
      yes: true,
      at,
      day: '2026-02-03',
      bytes: Buffer.from([0, 92, 255]),
      doc,
      tags,
    });
    expect(Object.values(second as object).slice(1)).toEqual(new Array(8).fill(null));
  });

  it('keeps any text character for character', async () => {
    await dataSource.query('CREATE TABLE texts (id int, value text)');
    const texts = fc.sample(
      fc.string({
        unit: fc.constantFrom('\\', 'N', '.', '\n', '\r', '\t', '\b', '\f', '\v', '\u0001', 'é', '😀', "'", ''),
      }),
      500,
    );
    await inTransaction(dataSource, (manager) => copyInto(manager, 'texts', ['id', 'value'], texts.entries()));
    const rows: { value: string }[] = await dataSource.query('SELECT value FROM texts ORDER BY id');
    expect(rows.map((row) => row.value)).toEqual(texts);
  });

  it('writes nothing when one row is bad, and leaves the connection usable', async () => {
    await dataSource.query('CREATE TABLE numbers (value int)');
    const attempt = inTransaction(dataSource, (manager) => copyInto(manager, 'numbers', ['value'], [[1], ['two']]));
    await expect(attempt).rejects.toThrow(/invalid input syntax for type integer/);
    const short = inTransaction(dataSource, (manager) => copyInto(manager, 'numbers', ['value'], [[1], []]));
    await expect(short).rejects.toThrow('a row has 0 values for 1 columns');
    expect(await dataSource.query('SELECT count(*) AS n FROM numbers')).toEqual([{ n: 0 }]);
  });

  it('refuses to run outside a transaction', async () => {
    await expect(copyInto(dataSource.manager, 'numbers', ['value'], [[1]])).rejects.toThrow(/in a transaction/);
  });

  it('streams from an async source', async () => {
    await dataSource.query('CREATE TABLE streamed (value int, filler text)');
    async function* rows() {
      for (let value = 0; value < 20_000; value++) yield [value, 'x'.repeat(100)] as const;
    }
    expect(
      await inTransaction(dataSource, (manager) => copyInto(manager, 'streamed', ['value', 'filler'], rows())),
    ).toBe(20_000);
    expect(await dataSource.query('SELECT sum(value)::bigint AS n FROM streamed')).toEqual([{ n: 199_990_000 }]);
  });
});
