import { inTransaction } from '@lockstep/database';
import { ProblemError } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type OrderCall, OrderLog } from '../orders/order-log.js';
import type { EventRecord, EventView } from './event-body.js';

/** An event of one return. */
export interface ReturnEventRecord extends EventRecord {
  readonly returnId: number;
}

/** What happens to returns. An event is stored once, however often it is told. */
@Injectable()
export class ReturnEventsStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: OrderLog,
  ) {}

  /** The event as it stands, and whether it is new. @throws ProblemError when the return, or its item, is not there */
  add(returnId: number, event: EventRecord): Promise<{ view: EventView; isNew: boolean }> {
    return inTransaction(this.dataSource, async (manager) => {
      await holdReturn(manager, returnId);
      await requireItem(manager, returnId, event.returnItemId);
      const isNew = (await addEvents(manager, [{ ...event, returnId }])).has(returnId);
      if (isNew) await this.log.record(manager, [await toEventCall(manager, returnId, event)]);
      const [row]: { view: EventView }[] = await manager.query(
        `SELECT ${VIEW} AS view FROM return_event e WHERE e.return_id = $1 AND e.event_key = $2`,
        [returnId, event.eventKey],
      );
      return { view: row!.view, isNew };
    });
  }

  /** In the order in which we heard of them. */
  async list(returnId: number): Promise<EventView[]> {
    const rows: { view: EventView }[] = await this.dataSource.query(
      `SELECT ${VIEW} AS view FROM return_event e WHERE e.return_id = $1 ORDER BY e.id`,
      [returnId],
    );
    return rows.map(({ view }) => view);
  }
}

async function toEventCall(manager: EntityManager, returnId: number, event: EventRecord): Promise<OrderCall> {
  const { source, status, returnItemId, itemStatus } = event;
  const items: { id: number | null }[] = await manager.query(
    'SELECT order_item_id AS id FROM return_item WHERE return_id = $1 AND ($2::bigint IS NULL OR id = $2)',
    [returnId, returnItemId],
  );
  const said = { returnId, source, status, returnItemId, itemStatus };
  return { method: 'return.event', said, orderItemIds: items.map(({ id }) => id) };
}

/** Stores what is new of the events, in the caller's transaction, which holds their returns; answers the returns that got any. */
export async function addEvents(
  manager: EntityManager,
  events: readonly ReturnEventRecord[],
): Promise<ReadonlySet<number>> {
  if (events.length === 0) return new Set();
  const rows: { id: number }[] = await manager.query(
    `WITH added AS (
       INSERT INTO return_event (return_id, source, status, external_updated_at, return_item_id, item_status, details,
         event_key)
       SELECT * FROM json_to_recordset($1) AS s ("returnId" bigint, source text, status text,
         "externalUpdatedAt" timestamptz, "returnItemId" bigint, "itemStatus" text, details jsonb, "eventKey" text)
       ON CONFLICT (return_id, event_key) DO NOTHING RETURNING return_id)
     SELECT DISTINCT return_id AS id FROM added`,
    [JSON.stringify(events)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Not FOR SHARE: two who share it would wait for each other when the commit raises its version. */
async function holdReturn(manager: EntityManager, id: number): Promise<void> {
  const sql = 'SELECT FROM order_return WHERE id = $1 AND NOT deleted FOR NO KEY UPDATE';
  const rows: unknown[] = await manager.query(sql, [id]);
  if (rows.length === 0) throw new ProblemError(404, 'RETURN_NOT_FOUND', `There is no return with the id ${id}.`);
}

async function requireItem(manager: EntityManager, returnId: number, itemId: number | null): Promise<void> {
  if (itemId === null) return;
  const sql = 'SELECT FROM return_item WHERE return_id = $1 AND id = $2';
  const rows: unknown[] = await manager.query(sql, [returnId, itemId]);
  if (rows.length > 0) return;
  const errors = [{ path: 'returnItemId', message: `returnItemId: return ${returnId} has no item ${itemId}` }];
  throw new ProblemError(400, 'RETURN_ITEM_NOT_FOUND', 'returnItemId names nothing that is there.', { errors });
}

const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const VIEW = `json_build_object(
  'id', e.id, 'createdAt', ${instant('e.created_at')}, 'source', e.source, 'status', e.status,
  'externalUpdatedAt', ${instant('e.external_updated_at')}, 'returnItemId', e.return_item_id, 'itemStatus', e.item_status,
  'itemCondition', e.details->'itemCondition', 'qcRejectionReasons', e.details->'qcRejectionReasons',
  'actionTaken', e.details->'actionTaken', 'shelf', e.details->'shelf')`;
