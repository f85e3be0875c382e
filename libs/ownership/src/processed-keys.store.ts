import type { IdentifierIds, ImportFault } from '@lockstep/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ItemAnswer } from './item-answer.js';

/** Somebody else has answered a key since it was looked for; looked for again, the answer is there. */
export class KeyTakenError extends Error {
  override readonly name = 'KeyTakenError';
}

interface KeyRow {
  key: string;
  dispatchId: string;
  identifierIds: IdentifierIds | null;
  errors: ImportFault[] | null;
}

/** What was answered, by idempotency key. */
@Injectable()
export class ProcessedKeys {
  /**
   * Answers given before. What was done stays done. A refusal is repeated for the request that it answered; in
   * another request, sent because somebody asked to try again, the item is tried again and its old refusal forgotten.
   */
  async find(manager: EntityManager, dispatchId: string, keys: readonly string[]): Promise<Map<string, ItemAnswer>> {
    const rows: KeyRow[] = await manager.query(
      `SELECT key, dispatch_id AS "dispatchId", identifier_ids AS "identifierIds", errors
       FROM processed_key WHERE key = ANY ($1::text[])`,
      [keys],
    );
    const forgotten = rows.filter((row) => row.errors !== null && row.dispatchId !== dispatchId).map(({ key }) => key);
    if (forgotten.length > 0) {
      await manager.query('DELETE FROM processed_key WHERE key = ANY ($1::text[]) AND errors IS NOT NULL', [forgotten]);
    }
    const kept = rows.filter(({ key }) => !forgotten.includes(key));
    return new Map(kept.map((row) => [row.key, toAnswer(row)]));
  }

  /** Keeps answers; those that may be another one next time are not kept. Throws `KeyTakenError`. */
  async keep(
    manager: EntityManager,
    dispatchId: string,
    answers: readonly { readonly key: string; readonly answer: ItemAnswer }[],
  ): Promise<void> {
    const final = answers.filter(({ answer }) => !mayChange(answer));
    if (final.length === 0) return;
    const kept: unknown[] = await manager.query(
      `INSERT INTO processed_key (key, dispatch_id, identifier_ids, errors)
       SELECT key, $1, identifier_ids, errors
       FROM unnest($2::text[], $3::json[], $4::json[]) AS answered (key, identifier_ids, errors)
       ORDER BY key
       ON CONFLICT (key) DO NOTHING
       RETURNING key`,
      [
        dispatchId,
        final.map(({ key }) => key),
        final.map(({ answer }) => (answer.kind === 'complete' ? toJson(answer.identifierIds) : null)),
        final.map(({ answer }) => (answer.kind === 'refused' ? toJson(answer.faults) : null)),
      ],
    );
    if (kept.length < final.length) throw new KeyTakenError('another replica has answered the same item meanwhile');
  }
}

function mayChange(answer: ItemAnswer): boolean {
  return answer.kind === 'refused' && answer.faults.some(({ retryable }) => retryable);
}

function toAnswer({ identifierIds, errors }: KeyRow): ItemAnswer {
  return errors === null ? { kind: 'complete', identifierIds } : { kind: 'refused', faults: errors };
}

function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
