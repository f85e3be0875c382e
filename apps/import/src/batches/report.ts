import { keysetPages } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { OBJECT_STATUSES } from '../statuses.js';
import type { StoredBatch } from './batch.js';
import { BatchErrorStore } from './batch-error.store.js';
import { BlockerStore } from './blocker.store.js';
import { ItemStore, type ObjectRow } from './item.store.js';
import type { ItemNames } from './item-names.js';
import { csvTitle, type ReportLine, toCsvLine } from './report-line.js';

const BLOCKED = OBJECT_STATUSES.indexOf('blocked');

/** The whole result of a batch, a line for each object in each record that says it. Read page by page while it is sent. */
@Injectable()
export class Report {
  constructor(
    private readonly items: ItemStore,
    private readonly errors: BatchErrorStore,
    private readonly blockers: BlockerStore,
  ) {}

  async *write(batch: StoredBatch, names: ItemNames, format: 'csv' | 'jsonl'): AsyncGenerator<string> {
    if (format === 'csv') yield csvTitle();
    for await (const lines of this.lines(batch, names)) {
      yield lines.map((line) => (format === 'csv' ? toCsvLine(line) : `${JSON.stringify(line)}\n`)).join('');
    }
  }

  private async *lines(batch: StoredBatch, names: ItemNames): AsyncGenerator<ReportLine[]> {
    const objects = keysetPages<ObjectRow, number>({
      read: (after = 0, limit) => this.items.objectsAfter(batch.id, after, limit),
      keyOf: ({ objNo }) => objNo,
    });
    for await (const { rows } of objects) {
      const blocked = rows.filter(({ status }) => status === BLOCKED).map(({ objNo }) => objNo);
      const causes = await this.blockers.blockedBy(batch.id, blocked);
      yield rows.flatMap((row) => {
        const by = (causes.get(row.objNo) ?? []).map(
          (each) => `${names.type(each.objectType)} ${each.reference ?? ''}`,
        );
        return toLines(batch, names, row, by);
      });
    }
    const errors = keysetPages({
      read: (after: number | undefined, limit) => this.errors.ofRecordsAfter(batch.id, after ?? 0, limit),
      keyOf: ({ id }) => id,
    });
    for await (const { rows } of errors) {
      yield rows.map(({ file, row, code, message, field }) => ({
        ...{ file, rowNumber: row, objectType: null, referenceId: null, action: null, identifierIds: null },
        ...{ status: 'error', errors: [{ code, message, field }], blockedBy: [] },
      }));
    }
  }
}

function toLines(batch: StoredBatch, names: ItemNames, row: ObjectRow, blockedBy: readonly string[]): ReportLine[] {
  const fileNames = new Map(batch.files.map(({ fileNo, name }) => [fileNo, name]));
  const lines: ReportLine[] = [];
  for (let at = 0; at < row.places.length; at += 2) {
    lines.push({
      file: fileNames.get(row.places[at] as number) ?? null,
      rowNumber: row.places[at + 1] ?? null,
      objectType: names.type(row.objectType),
      referenceId: row.reference,
      action: row.action,
      status: OBJECT_STATUSES[row.status] as string,
      identifierIds: row.identifierIds,
      errors: row.errors ?? [],
      blockedBy,
    });
  }
  return lines;
}
