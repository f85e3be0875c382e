import { createHash } from 'node:crypto';
import { IsInstant, IsStorableText } from '@lockstep/contracts';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsNotEmpty, IsOptional } from 'class-validator';
import { EVENT_SOURCES, type EventSource } from '../documents/status-words.js';
import { IsId } from '../orders/field-checks.js';

const CONDITIONS = ['SELLABLE', 'NON_SELLABLE'] as const;

/** Something that happened to a return. */
export class EventBody {
  /** `forward` tells of the order's way to its customer, before anything came back. */
  @IsIn([...EVENT_SOURCES])
  source!: EventSource;

  /** In the words of whoever tells it; an unknown word is kept and changes nothing. */
  @IsStorableText(200)
  @IsNotEmpty()
  status!: string;

  /** When it happened. Absent: when we heard of it. */
  @IsOptional()
  @IsInstant()
  externalUpdatedAt?: string | null;

  /** Absent: all items. */
  @IsOptional()
  @IsId()
  returnItemId?: number | null;

  @IsOptional()
  @IsStorableText(200)
  itemStatus?: string | null;

  @IsOptional()
  @IsIn([...CONDITIONS])
  itemCondition?: (typeof CONDITIONS)[number] | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsStorableText(200, { each: true })
  qcRejectionReasons?: string[] | null;

  @IsOptional()
  @IsStorableText(200)
  actionTaken?: string | null;

  @IsOptional()
  @IsStorableText(100)
  shelf?: string | null;
}

/** An event as it is shown. */
export class EventView extends EventBody {
  @IsInt()
  id!: number;

  @IsInstant()
  createdAt!: string;
}

/** An event as it is stored. */
export interface EventRecord {
  source: EventSource;
  status: string;
  externalUpdatedAt: string | null;
  returnItemId: number | null;
  itemStatus: string | null;
  details: Record<string, unknown> | null;
  /** Two events of a return with one key are one event. */
  eventKey: string;
}

/** Without a key of the caller's, an event is told from others by what it says. */
export function toEventRecord(body: EventBody, key?: string): EventRecord {
  const { itemCondition = null, qcRejectionReasons = null, actionTaken = null, shelf = null } = body;
  const details = { itemCondition, qcRejectionReasons, actionTaken, shelf };
  const record = {
    source: body.source,
    status: body.status,
    externalUpdatedAt: body.externalUpdatedAt ? new Date(body.externalUpdatedAt).toISOString() : null,
    returnItemId: body.returnItemId ?? null,
    itemStatus: body.itemStatus ?? null,
    details: Object.values(details).some((value) => value !== null) ? details : null,
  };
  const content = createHash('sha256').update(JSON.stringify(record)).digest('base64url');
  return { ...record, eventKey: key === undefined ? content : `key:${key}` };
}
