/**
 * What a call came to, as SQL. The triggers that count by the hour say it in these words, and so do graphs of less than an
 * hour's bars, which look at the calls themselves.
 */

/** What is wrong with the items of a call, by its `item_outcomes`: that the shop refused one comes first. */
export const wrongSql = (call: string): string => `(
  SELECT CASE WHEN bool_or(outcome = 'refused') THEN 'status_failure' ELSE min(outcome) FILTER (WHERE outcome <> 'synced') END
  FROM unnest(${call}.item_outcomes) AS outcome)`;

/** `call`: the row of a call that has ended; `wrong`: of {@link wrongSql}. */
export function resultSql(call: string): string {
  return `CASE WHEN ${call}.outcome = 'answered' AND wrong IS NULL THEN 'success' ELSE 'failure' END`;
}

export function reasonSql(call: string): string {
  return `CASE ${call}.outcome WHEN 'answered' THEN coalesce(wrong, '')
    WHEN 'failed' THEN coalesce(${call}.error_reason, 'failed') ELSE ${call}.outcome END`;
}

export const IS_UNDER_WAY = (call: string): string => `${call}.outcome IN ('open', 'acknowledged')`;

const MS = (from: string, to: string): string => `greatest(0, extract(epoch FROM ${to} - ${from}) * 1000)`;

/** How long the acknowledgment of a call took. */
export const ackMsSql = (call: string): string => MS(`${call}.created_at`, `${call}.acked_at`);

/** How long its answer took, from the acknowledgment on where there was one. */
export const answerMsSql = (call: string): string =>
  MS(`coalesce(${call}.acked_at, ${call}.created_at)`, `${call}.responded_at`);

export const answerKindSql = (call: string): string =>
  `CASE ${call}.flow WHEN 'synchronous' THEN 'response' ELSE 'callback' END`;
