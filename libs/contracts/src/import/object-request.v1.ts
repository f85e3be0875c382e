import { IsArray, IsIn, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, IsUUID, Min } from 'class-validator';
import { defineMessage, type MessageDefinition } from '../message.js';
import { IMPORT_EXCHANGE, IMPORT_OWNERS, type ImportOwner, importObjectQueues } from './queues.js';

/** Ids by which an owner finds an object again, as it gave them: `{ productId: '17' }`. */
export type IdentifierIds = Readonly<Record<string, string>>;

/**
 * A value of a feed. Decimals, dates and integers beyond 2^53 are exact text.
 */
export type FieldValue = string | number | boolean | readonly string[];

/** What an owner does with an object: make it, change it, or only say whether it is there. */
export const IMPORT_ACTIONS = ['create', 'update', 'reference'] as const;
export type ImportAction = (typeof IMPORT_ACTIONS)[number];

/** A parent that was complete before its child is asked for. */
export interface ImportParent {
  readonly linkTag: string;
  readonly objectType: string;
  readonly identifierIds: IdentifierIds;
  /** The link itself follows in a message of its own. */
  readonly separate: boolean;
}

/** One object of a request. */
export class ImportObjectItemV1 {
  @IsString()
  @IsNotEmpty()
  pendingObjectId!: string;

  /** Equal in every attempt: an owner answers it as it did the first time. */
  @IsString()
  @IsNotEmpty()
  idempotencyKey!: string;

  @IsIn([...IMPORT_ACTIONS])
  action!: ImportAction;

  @IsObject()
  fields!: Readonly<Record<string, FieldValue>>;

  /** Of the object itself, where it is there already. */
  @IsOptional()
  @IsObject()
  identifierIds!: IdentifierIds | null;

  /** All its dependent parents, those included whose link is separate. */
  @IsArray()
  parents!: readonly ImportParent[];
}

/** Objects of one type, for the service that owns it. */
export class ImportObjectRequestV1 {
  @IsUUID()
  importBatchId!: string;

  @IsString()
  @IsNotEmpty()
  dispatchId!: string;

  /** From 1. */
  @IsInt()
  @Min(1)
  attempt!: number;

  /** The owner's name of the type. */
  @IsString()
  @IsNotEmpty()
  objectType!: string;

  @IsArray()
  items!: readonly ImportObjectItemV1[];
}

/** The request to one owner; a service that is none of ours binds its queue to the same key. */
export function importObjectRequest(service: string): MessageDefinition<ImportObjectRequestV1> {
  return defineMessage<ImportObjectRequestV1>({
    type: `import.object.request.${service}`,
    version: 1,
    summary: `Objects that ${service} owns, to be created, changed or looked up.`,
    exchange: IMPORT_EXCHANGE,
    routingKey: `import.object.request.${service}`,
    publishers: ['import'],
    queues: isOwner(service) ? [importObjectQueues[service]] : [],
    payload: ImportObjectRequestV1,
    item: ImportObjectItemV1,
    example: {
      importBatchId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20',
      dispatchId: '4711',
      attempt: 1,
      objectType: 'product',
      items: [
        {
          pendingObjectId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20:12',
          idempotencyKey: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20:12',
          action: 'create',
          fields: { sku: 'SKU-100-42', size: '42' },
          identifierIds: null,
          parents: [
            {
              linkTag: 'variantOfProduct',
              objectType: 'productSet',
              identifierIds: { productSetId: '8' },
              separate: false,
            },
          ],
        },
      ],
    },
  });
}

/** Whether a service is one of our owners. */
export function isOwner(service: string): service is ImportOwner {
  return (IMPORT_OWNERS as readonly string[]).includes(service);
}
