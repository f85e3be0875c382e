import type { EntityManager } from 'typeorm';
import type { CheckedResult } from './check-result.js';
import type { OpenCall } from './open-call.store.js';

/** What the shop has said of items of a call, by their position in it. */
type Outcomes = ReadonlyMap<number, CheckedResult>;

/** How a call ends, or that it was acknowledged; `open`: its answer was applied to some of its items, others are to follow. */
interface CallEnd {
  readonly outcome: 'open' | 'acknowledged' | 'answered' | 'unusable' | 'failed' | 'expired';
  readonly now: Date;
  readonly httpStatus?: number | undefined;
  readonly reason?: string;
  readonly detail?: string;
  /** Given with an answer; what was said of the other items stays. */
  readonly outcomes?: Outcomes;
}

/** `$5`: an answer, whose outcomes `$8` take the place of the former ones, each with its error of `$9` or with none. */
const CLOSE_SQL = `
  UPDATE sync_call
  SET outcome = CASE WHEN $5 OR outcome IN ('open', 'acknowledged') THEN $2 ELSE outcome END,
    lease_until = CASE WHEN $2 = 'open' THEN lease_until END,
    acked_at = CASE WHEN $2 = 'acknowledged' THEN coalesce(acked_at, $3) ELSE acked_at END,
    responded_at = CASE WHEN $5 THEN $3 ELSE responded_at END,
    http_status = coalesce($4, http_status), error_reason = coalesce($6, error_reason), error = coalesce($7, error),
    item_outcomes = CASE WHEN NOT $5 THEN item_outcomes WHEN item_outcomes IS NULL THEN $8::text[] ELSE ARRAY(
      SELECT coalesce(s.said, s.former)
      FROM unnest($8::text[], item_outcomes) WITH ORDINALITY AS s (said, former, place) ORDER BY s.place) END,
    item_errors = CASE WHEN NOT $5 THEN item_errors WHEN item_outcomes IS NULL THEN $9::text[] ELSE ARRAY(
      SELECT CASE WHEN s.said IS NULL THEN s.former ELSE s.error END
      FROM unnest($8::text[], $9::text[], item_errors) WITH ORDINALITY AS s (said, error, former, place) ORDER BY s.place) END
  WHERE id = $1`;

/** A call that was given up stays so; one that is answered stays answered. */
export async function closeCall(manager: EntityManager, { id, sent }: OpenCall, end: CallEnd): Promise<void> {
  const { outcome, now, httpStatus = null, reason = null, detail = null, outcomes } = end;
  const said = outcomes && Array.from({ length: lengthOf(sent) }, (_, position) => outcomes.get(position));
  const errors = said?.map((each) =>
    each && 'message' in each ? each.message : each && 'detail' in each ? each.detail : null,
  );
  await manager.query(CLOSE_SQL, [
    id,
    outcome,
    now,
    httpStatus,
    outcomes !== undefined,
    reason,
    detail?.slice(0, 1_000) ?? null,
    said?.map((each) => each?.kind ?? null) ?? null,
    errors?.some((error) => error !== null) ? errors : null,
  ]);
}

function lengthOf(sent: OpenCall['sent']): number {
  return 1 + Math.max(-1, ...sent.map(({ position }) => position));
}
