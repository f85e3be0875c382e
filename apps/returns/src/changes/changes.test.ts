import { describeWithEngines } from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { SyncBench } from '../windows/sync-bench.fixture.js';

interface Change {
  return_id: string;
  op: string;
  version: string | null;
  source: string;
}

describeWithEngines('the log of changes', (engines) => {
  let bench: SyncBench;
  let one: pg.Client;
  let other: pg.Client;

  beforeAll(async () => {
    bench = await SyncBench.open(engines);
    const connect = async () => {
      const client = new pg.Client({ connectionString: bench.databaseUrl, options: '-c search_path=returns' });
      await client.connect();
      return client;
    };
    [one, other] = [await connect(), await connect()];
  });
  afterAll(async () => {
    await one?.end();
    await other?.end();
    await bench?.close();
  });
  let next = 0;
  let id = 0;
  beforeEach(async () => {
    next += 10;
    id = next;
    await bench.addReturns(id, id + 2);
    await one.query('DELETE FROM return_change');
  });

  const versionOf = async (returnId: number) =>
    Number((await one.query('SELECT version FROM order_return WHERE id = $1', [returnId])).rows[0]?.version);
  const changes = async (): Promise<Change[]> =>
    (await one.query<Change>('SELECT return_id, op, version, source FROM return_change ORDER BY at, return_id')).rows;
  const transaction = async (client: pg.Client, ...statements: string[]): Promise<void> => {
    for (const statement of ['BEGIN', ...statements, 'COMMIT']) await client.query(statement);
  };

  it('has one row a transaction and return, and raises the version once, however much changes', async () => {
    const before = await versionOf(id);
    await transaction(
      one,
      `INSERT INTO return_tag (return_id, tag) VALUES (${id}, 'a'), (${id}, 'b')`,
      `UPDATE order_return SET courier_name = 'x' WHERE id = ${id}`,
      `UPDATE return_item SET quantity = 2 WHERE return_id = ${id}`,
    );
    expect(await changes()).toEqual([{ return_id: String(id), op: 'U', version: null, source: 'return_tag' }]);
    expect(await versionOf(id)).toBe(before + 1);
  });

  it('has nothing of what was rolled back, and no version without a change', async () => {
    const before = await versionOf(id);
    await transaction(
      one,
      'SAVEPOINT a',
      `INSERT INTO return_tag (return_id, tag) VALUES (${id}, 'a')`,
      'ROLLBACK TO a',
      `UPDATE order_return SET courier_name = 'x' WHERE id = ${id + 1}`,
    );
    expect((await changes()).map(({ return_id }) => Number(return_id))).toEqual([id + 1]);
    expect(await versionOf(id)).toBe(before);
  });

  it.each([
    ['return_item', (at: number) => `DELETE FROM return_item WHERE return_id = ${at}`],
    [
      'return_event',
      (at: number) => `INSERT INTO return_event (return_id, source, status, event_key) VALUES (${at}, 'c', 's', 'k')`,
    ],
    ['return_shipment', (at: number) => `INSERT INTO return_shipment (return_id) VALUES (${at})`],
    ['return_tag', (at: number) => `INSERT INTO return_tag (return_id, tag) VALUES (${at}, 'a')`],
    ['order', (at: number) => `UPDATE "order" SET portal = 'x' WHERE id = ${at}`],
    ['order_item', (at: number) => `INSERT INTO order_item (order_id, id, position, quantity) VALUES (${at}, 1, 0, 1)`],
  ])('knows a change of %s, also where ordinary triggers are switched off', async (source, statement) => {
    const before = await versionOf(id);
    await transaction(one, 'SET LOCAL session_replication_role = replica', statement(id));
    expect(await changes()).toEqual([{ return_id: String(id), op: 'U', version: null, source }]);
    expect(await versionOf(id)).toBe(before + 1);
  });

  it('tells of a row that was taken away, and one that comes back counts on', async () => {
    const before = await versionOf(id);
    await transaction(
      one,
      `DELETE FROM return_item WHERE return_id = ${id}`,
      `DELETE FROM order_return WHERE id = ${id}`,
    );
    expect(await changes()).toEqual([
      { return_id: String(id), op: 'D', version: String(before + 1), source: 'order_return' },
    ]);
    await one.query(
      `INSERT INTO order_return (id, customer_return_number, return_type, is_cod) VALUES ($1, 'R', 'CUSTOMER', false)`,
      [id],
    );
    expect(await versionOf(id)).toBeGreaterThan(before + 1);
  });

  it('gives versions of one return in the order of the commits, not of the changes', async () => {
    const before = await versionOf(id);
    await one.query('BEGIN');
    await one.query(`INSERT INTO return_tag (return_id, tag) VALUES (${id}, 'first')`);
    await transaction(other, `INSERT INTO return_tag (return_id, tag) VALUES (${id}, 'second')`);
    expect((await other.query('SELECT version FROM order_return WHERE id = $1', [id])).rows[0]?.version).toBe(
      String(before + 1),
    );
    await one.query('COMMIT');
    expect(await versionOf(id)).toBe(before + 2);
  });

  it('misses no return that appears while its order is being changed, whichever commits first', async () => {
    await one.query('BEGIN');
    await one.query(
      `INSERT INTO order_return (id, order_id, customer_return_number, return_type, is_cod)
       VALUES (${id + 5}, ${id}, 'R', 'CUSTOMER', false)`,
    );
    const changing = other.query(`UPDATE "order" SET portal = 'late' WHERE id = ${id}`);
    await expect
      .poll(async () => (await bench.sql(`SELECT FROM pg_locks WHERE NOT granted`)).length)
      .toBeGreaterThan(0);
    await one.query('COMMIT');
    await changing;
    const rows = await changes();
    expect(rows.filter(({ return_id }) => Number(return_id) === id + 5).map(({ source }) => source)).toEqual([
      'order_return',
      'order',
    ]);
  });

  it('refuses an order changed in REPEATABLE READ, where its new returns could not be seen', async () => {
    await one.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await expect(one.query(`UPDATE "order" SET portal = 'x' WHERE id = ${id}`)).rejects.toThrow('READ COMMITTED');
    await one.query('ROLLBACK');
  });
});
