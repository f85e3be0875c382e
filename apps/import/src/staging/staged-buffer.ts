import type { CopyValue } from '@lockstep/database';
import type { FeedError, FeedItem, FeedLink, FeedObject, Place } from '../feeds/feed-item.js';
import type { TypePositions } from '../planning/type-positions.js';
import { cutsShort } from './cuts-short.js';
import { toErrorRow, toLinkRow, toObjectRow } from './staged-rows.js';

/** What was read of a batch, as far as planning needs to know it before it looks at the rows. */
export interface Staged {
  records: number;
  errors: number;
  warnings: number;
  /** A file could not be read to its end for a fault that hides the rest of it. */
  isCutShort: boolean;
}

export function nothingStaged(): Staged {
  return { records: 0, errors: 0, warnings: 0, isCutShort: false };
}

/** Rows for one transaction. */
export interface Lot {
  readonly objects: CopyValue[][];
  readonly links: CopyValue[][];
  readonly errors: CopyValue[][];
}

/** Turns items into rows and counts them; numbers objects and links of the batch in the order in which they are said. */
export class StagedBuffer {
  private lot: Lot = { objects: [], links: [], errors: [] };
  private objectNo = 0;
  private linkNo = 0;
  private lastPlace: Pick<Place, 'fileNo' | 'row'> | undefined;

  constructor(
    private readonly batchId: string,
    private readonly positions: TypePositions,
    private readonly total: Staged,
  ) {}

  /** Rows that wait to be written. */
  get size(): number {
    return this.lot.objects.length + this.lot.links.length + this.lot.errors.length;
  }

  add(item: FeedItem): void {
    if (item.kind === 'error') this.addError(item.error);
    else this.addSaid(item);
  }

  private addSaid(item: FeedObject | FeedLink): void {
    this.countRecord(item.place);
    for (const error of item.errors) this.countError(error);
    if (item.kind === 'object') {
      const row = toObjectRow(this.batchId, this.objectNo + 1, item, this.positions);
      if (row) this.lot.objects.push(row);
      else this.keepErrors(item.errors);
      if (row) this.objectNo++;
    } else {
      const row = toLinkRow(this.batchId, this.linkNo + 1, item, this.positions);
      if (row) this.lot.links.push(row);
      else this.keepErrors(item.errors);
      if (row) this.linkNo++;
    }
  }

  take(): Lot {
    const lot = this.lot;
    this.lot = { objects: [], links: [], errors: [] };
    return lot;
  }

  private addError(error: FeedError): void {
    this.countRecord(error.place);
    this.countError(error);
    if (cutsShort(error)) this.total.isCutShort = true;
    this.lot.errors.push(toErrorRow(this.batchId, error));
  }

  /** Of an unknown type or tag, errors are all that can be kept. */
  private keepErrors(errors: readonly FeedError[]): void {
    for (const error of errors) this.lot.errors.push(toErrorRow(this.batchId, error));
  }

  /** Items of a record follow one another. */
  private countRecord({ fileNo, row }: Place): void {
    if (this.lastPlace?.row === row && this.lastPlace.fileNo === fileNo) return;
    this.lastPlace = { fileNo, row };
    this.total.records++;
  }

  private countError({ severity }: FeedError): void {
    if (severity === 'error') this.total.errors++;
    else this.total.warnings++;
  }
}
