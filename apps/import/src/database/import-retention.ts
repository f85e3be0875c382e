import { type RetentionLimits, type RetentionRule, tooOld } from '@lockstep/database';
import type { ImportConfig } from '../import.config.js';

const HAS_ENDED = `state IN ('complete', 'error', 'cancelled')`;

/** Batches that ended, and of which no uploaded file is left to be removed. */
const isOutdated = (limits: RetentionLimits) =>
  `${HAS_ENDED} AND finished_at < ${tooOld(limits)}
   AND NOT EXISTS (SELECT FROM import_file file WHERE file.batch_id = import_batch.id AND path <> '')`;

const ofOutdated = (limits: RetentionLimits) => `batch_id IN (SELECT id FROM import_batch WHERE ${isOutdated(limits)})`;

/**
 * A batch may have millions of objects and links: they go first, in parts, and the rest with their batch. Its requests go
 * with its uploaded files: an answer that comes even later is none of ours any more.
 */
export function importRetention({ keepFilesDays }: Pick<ImportConfig, 'keepFilesDays'>): RetentionRule[] {
  return [
    {
      table: 'dispatch',
      outdated: ({ runs }) =>
        `batch_id IN (SELECT id FROM import_batch
                      WHERE ${HAS_ENDED} AND finished_at < ${tooOld({ days: keepFilesDays, runs })})`,
    },
    { table: 'pending_link', outdated: ofOutdated, batchSize: 10_000 },
    { table: 'pending_object', outdated: ofOutdated, batchSize: 10_000 },
    {
      table: 'import_batch',
      outdated: (limits) =>
        `${isOutdated(limits)}
         AND NOT EXISTS (SELECT FROM pending_link link WHERE link.batch_id = import_batch.id)
         AND NOT EXISTS (SELECT FROM pending_object object WHERE object.batch_id = import_batch.id)`,
      batchSize: 10,
    },
  ];
}
