import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** How a return was changed. */
export type ChangeKind = 'root' | 'child' | 'delete';

/** One change that was committed. */
export interface Committed {
  readonly returnId: number;
  readonly kind: ChangeKind;
  /** From before its stamp to after its commit. */
  readonly lagMs: number;
}

/** How the load runs: a minute of the real thing is so many milliseconds here. */
export interface LoadOptions {
  readonly databaseUrl: string;
  readonly writers: number;
  readonly minuteMs: number;
  readonly random: () => number;
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Changes each of these returns in one transaction of its own, by many writers at once: most commit soon after they have
 * stamped what they wrote, some long after. A quarter change a part only, some delete, some work under savepoints, some roll
 * back and then change nothing.
 */
export async function changeReturns(ids: readonly number[], options: LoadOptions): Promise<Committed[]> {
  const waiting = [...ids];
  const committed: Committed[] = [];
  const write = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: options.databaseUrl,
      options: '-c search_path=returns -c jit=off',
    });
    await client.connect();
    try {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const change = await changeOne(client, id, options);
        if (change) committed.push(change);
      }
    } finally {
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: options.writers }, write));
  return committed;
}

async function changeOne(client: pg.Client, id: number, options: LoadOptions): Promise<Committed | undefined> {
  const { random, minuteMs } = options;
  const kind = pick<ChangeKind>(random(), [
    [0.25, 'child'],
    [0.27, 'delete'],
    [1, 'root'],
  ]);
  const lagMinutes = pick(random(), [
    [0.9, random() * 3],
    [0.97, 3 + random() * 27],
    [1, 30 + random() * 70],
  ]);
  const isNested = random() < 0.1;
  const isRolledBack = random() < 0.05;
  const child = pick(random(), CHILD_CHANGES);
  const begunAt = performance.now();
  await client.query('BEGIN');
  if (isNested) {
    await client.query('SAVEPOINT a');
    await client.query(`INSERT INTO return_tag (return_id, tag) VALUES ($1, 'undone')`, [id]);
    await client.query('ROLLBACK TO a');
    await client.query('SAVEPOINT b');
  }
  if (kind === 'root') {
    await client.query(`UPDATE order_return SET courier_name = 'changed', updated_at = now() WHERE id = $1`, [id]);
  } else if (kind === 'child') {
    await client.query(child, [id]);
  } else {
    await client.query('DELETE FROM return_item WHERE return_id = $1', [id]);
    await client.query('DELETE FROM order_return WHERE id = $1', [id]);
  }
  if (isNested) await client.query('RELEASE b');
  await delay(lagMinutes * minuteMs);
  await client.query(isRolledBack ? 'ROLLBACK' : 'COMMIT');
  return isRolledBack ? undefined : { returnId: id, kind, lagMs: performance.now() - begunAt };
}

/** Changes of each part that a document shows, none of which touches the return's own row. */
const CHILD_CHANGES: readonly (readonly [below: number, value: string])[] = [
  [0.2, `UPDATE return_item SET return_reason = 'changed' WHERE return_id = $1`],
  [0.4, `INSERT INTO return_event (return_id, source, status, event_key) VALUES ($1, 'courier', 'delivered', 'k')`],
  [0.6, `INSERT INTO return_tag (return_id, tag) VALUES ($1, 'watch')`],
  [0.8, `INSERT INTO return_shipment (return_id, location) VALUES ($1, 'north')`],
  [1, `UPDATE "order" SET portal = 'changed' WHERE id = $1`],
];

function pick<T>(value: number, choices: readonly (readonly [below: number, value: T])[]): T {
  const chosen = choices.find(([below]) => value < below) ?? choices.at(-1);
  return (chosen as readonly [number, T])[1];
}
