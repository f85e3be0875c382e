import { createHash } from 'node:crypto';
import type pg from 'pg';

/** Statements that one connection keeps: what a queue asks again and again, not every list that somebody filters. */
const MOST_KEPT = 200;
/** What PostgreSQL says of a kept statement whose tables were given other columns since. */
const OUTDATED = '0A000';

const EACH_TIME = '/* planned each time */ ';

/**
 * The statement as it is planned for its values each time, also by connections that keep their statements: for lists, whose
 * best plan depends on what is filtered for, and of which there are too many to keep.
 */
export function plannedEachTime(text: string): string {
  return EACH_TIME + text;
}

/**
 * Has the server keep the statements of a connection that have parameters, so that it reads and plans each once and not
 * every time: half the cost of a short one. After a migration by somebody else one query may fail with `0A000`; later ones
 * are planned anew. Not for connections through a pooler that changes servers between transactions.
 */
export function keepStatements(client: pg.Client): void {
  const kept = new Map<string, string>();
  let generation = 0;
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  const nameOf = (text: string): string | undefined => {
    if (!kept.has(text) && kept.size < MOST_KEPT) kept.set(text, hashOf(text));
    return kept.get(text);
  };
  client.query = ((...given: unknown[]) => {
    const [text, values] = given;
    if (given.length !== 2 || typeof text !== 'string' || !Array.isArray(values) || values.length === 0) {
      return query(...given);
    }
    const name = text.startsWith(EACH_TIME) ? undefined : nameOf(text);
    if (name === undefined) return query(...given);
    const answer = query({ text, values, name: `${name}-${generation}` }) as Promise<unknown>;
    answer.catch((error: { code?: string }) => {
      if (error.code === OUTDATED) generation += 1;
    });
    return answer;
  }) as typeof client.query;
}

/** The server cuts names off after 63 characters. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
