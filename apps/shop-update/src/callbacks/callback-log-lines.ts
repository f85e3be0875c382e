import type { EntityManager } from 'typeorm';
import type { ShopLogLine } from '../logs/shop-log.js';
import type { AcceptedCall } from './decide-replies.js';

/** The call that a callback answers, as far as there is one. */
export interface CalledBack {
  readonly requestId: string;
  readonly method: string;
  readonly topic: string;
  readonly flow: string;
  readonly itemIds: readonly number[];
}

export async function readCalled(
  manager: EntityManager,
  calls: readonly AcceptedCall[],
): Promise<Map<string, CalledBack>> {
  // Ids of requests are ours: what is none of them is nothing to look for.
  const ids = calls.map(({ requestId }) => requestId).filter((id) => /^\d{1,15}$/.test(id));
  const rows: CalledBack[] = await manager.query(
    `SELECT c.id::text AS "requestId", c.method, c.topic, c.flow,
       ARRAY(SELECT item_id FROM sync_call_item i WHERE i.call_id = c.id ORDER BY position) AS "itemIds"
     FROM sync_call c WHERE c.id = ANY ($1::bigint[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.requestId, row]));
}

/** What came, and what was answered to it. */
export function toLogLines(calls: readonly AcceptedCall[], called: ReadonlyMap<string, CalledBack>): ShopLogLine[] {
  return calls.flatMap(({ requestId, params }): ShopLogLine[] => {
    const about = { requestId, ...called.get(requestId) };
    const reply = { jsonrpc: '2.0', result: { status: 'success' }, id: requestId };
    return [
      { ...about, direction: 'Callback', text: JSON.stringify(params) },
      { ...about, direction: 'CallbackReply', text: JSON.stringify(reply) },
    ];
  });
}
