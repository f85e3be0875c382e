import type { EntityManager } from 'typeorm';
import type { CheckedResult } from './check-result.js';
import type { OpenCall } from './open-call.store.js';

/** What the shop has said of each item of a call. */
export async function writeOutcomes(
  manager: EntityManager,
  call: OpenCall,
  positions: readonly number[],
  checked: readonly CheckedResult[],
): Promise<void> {
  await manager.query(
    `UPDATE sync_call_item c SET outcome = s.outcome, error = s.error
     FROM unnest($2::int[], $3::text[], $4::text[]) AS s (position, outcome, error)
     WHERE c.call_id = $1 AND c.position = s.position`,
    [
      call.id,
      positions,
      checked.map(({ kind }) => kind),
      checked.map((each) => ('message' in each ? each.message : 'detail' in each ? each.detail : null)),
    ],
  );
}

/** A call that was given up stays so; one that is answered stays answered. */
export async function closeCall(
  manager: EntityManager,
  { id }: OpenCall,
  end: {
    readonly outcome: 'acknowledged' | 'answered' | 'unusable' | 'failed' | 'expired';
    readonly now: Date;
    readonly httpStatus?: number | undefined;
    readonly reason?: string;
    readonly detail?: string;
    readonly hasAnswer?: boolean;
  },
): Promise<void> {
  const { outcome, now, httpStatus = null, reason = null, detail = null, hasAnswer = false } = end;
  await manager.query(
    `UPDATE sync_call
     SET outcome = CASE WHEN $5 OR outcome IN ('open', 'acknowledged') THEN $2 ELSE outcome END, lease_until = NULL,
       acked_at = CASE WHEN $2 = 'acknowledged' THEN coalesce(acked_at, $3) ELSE acked_at END,
       responded_at = CASE WHEN $5 THEN $3 ELSE responded_at END,
       http_status = coalesce($4, http_status), error_reason = coalesce($6, error_reason), error = coalesce($7, error)
     WHERE id = $1`,
    [id, outcome, now, httpStatus, hasAnswer, reason, detail?.slice(0, 1_000) ?? null],
  );
}
