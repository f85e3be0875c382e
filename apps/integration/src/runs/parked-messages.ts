import { connectionSyncDataQueue, gmcSyncDataQueue, SOURCE_OF_PHASE, type SourcePhase } from '@lockstep/contracts';
import type { DeadLetterListener, ParkedLetter } from '@lockstep/messaging';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IssueStore } from './issue.store.js';

const PHASE_OF_QUEUE: ReadonlyMap<string, SourcePhase> = new Map([
  [connectionSyncDataQueue.name, 'trainees'],
  [gmcSyncDataQueue.name, 'gmc'],
]);

/**
 * Lists a parked message of a rebuild with the run it belongs to, or with the active one when its headers do not tell, in
 * the transaction that parks it. The key names the batch where it is known: that is how the run learns that waiting for
 * it is of no use.
 */
@Injectable()
export class ParkedMessages implements DeadLetterListener {
  constructor(private readonly issues: IssueStore) {}

  async parked(letters: readonly ParkedLetter[], manager: EntityManager): Promise<void> {
    for (const letter of letters) {
      const phase = PHASE_OF_QUEUE.get(letter.queue);
      if (!phase) continue;
      const runId = await this.runOf(letter, manager);
      if (runId === null) continue;
      await this.issues.add(manager, runId, [
        {
          severity: 'error',
          source: SOURCE_OF_PHASE[phase],
          key: letter.sequence === null ? letter.messageId : `${phase}/${letter.sequence}`,
          code: 'MESSAGE_PARKED',
          message: `Parked in ${letter.queue}.dead: ${letter.reason}`,
          row: { messageId: letter.messageId, queue: letter.queue, itemCount: letter.itemCount },
        },
      ]);
    }
  }

  private async runOf(letter: ParkedLetter, manager: EntityManager): Promise<string | null> {
    const [run]: { id: string }[] = await manager.query(
      `SELECT id FROM sync_run WHERE id::text = $1
       UNION ALL SELECT id FROM sync_run WHERE $1::text IS NULL AND state IN ('queued', 'running', 'verifying', 'held') LIMIT 1`,
      [letter.runId],
    );
    return run?.id ?? null;
  }
}
