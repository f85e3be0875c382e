import { type RetentionLimits, type RetentionRule, tooOld } from '@lockstep/database';

/** Batches that ended, and of which no uploaded file is left to be removed. */
const isOutdated = (limits: RetentionLimits) =>
  `state IN ('complete', 'error', 'cancelled') AND finished_at < ${tooOld(limits)}
   AND NOT EXISTS (SELECT FROM import_file file WHERE file.batch_id = import_batch.id AND path <> '')`;

const ofOutdated = (limits: RetentionLimits) => `batch_id IN (SELECT id FROM import_batch WHERE ${isOutdated(limits)})`;

/** A batch may have millions of objects and links: they go first, in parts, and the rest with their batch. */
export const importRetention: readonly RetentionRule[] = [
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
