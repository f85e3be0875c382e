import { IsArray, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, IsUUID, Min } from 'class-validator';
import { defineMessage, type MessageDefinition } from '../message.js';
import { type FieldValue, type IdentifierIds, isOwner } from './object-request.v1.js';
import { IMPORT_EXCHANGE, importLinkQueues } from './queues.js';

/** One end of a link: an object that is complete. */
export interface ImportLinkEnd {
  readonly objectType: string;
  readonly identifierIds: IdentifierIds;
}

/** One link of a request. */
export class ImportLinkItemV1 {
  @IsString()
  @IsNotEmpty()
  pendingLinkId!: string;

  /** Equal in every attempt: an owner answers it as it did the first time. */
  @IsString()
  @IsNotEmpty()
  idempotencyKey!: string;

  @IsObject()
  child!: ImportLinkEnd;

  @IsObject()
  parent!: ImportLinkEnd;

  @IsOptional()
  @IsObject()
  properties!: Readonly<Record<string, FieldValue>> | null;
}

/** Links of one tag, for the service that makes them. */
export class ImportLinkRequestV1 {
  @IsUUID()
  importBatchId!: string;

  @IsString()
  @IsNotEmpty()
  dispatchId!: string;

  /** From 1. */
  @IsInt()
  @Min(1)
  attempt!: number;

  @IsString()
  @IsNotEmpty()
  linkTag!: string;

  @IsArray()
  items!: readonly ImportLinkItemV1[];
}

/** The request to one owner; a service that is none of ours binds its queue to the same key. */
export function importLinkRequest(service: string): MessageDefinition<ImportLinkRequestV1> {
  return defineMessage<ImportLinkRequestV1>({
    type: `import.link.request.${service}`,
    version: 1,
    summary: `Links that ${service} makes between objects that are there.`,
    exchange: IMPORT_EXCHANGE,
    routingKey: `import.link.request.${service}`,
    publishers: ['import'],
    queues: isOwner(service) ? [importLinkQueues[service]] : [],
    payload: ImportLinkRequestV1,
    item: ImportLinkItemV1,
    example: {
      importBatchId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20',
      dispatchId: '4712',
      attempt: 1,
      linkTag: 'productInCategory',
      items: [
        {
          pendingLinkId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20:L3',
          idempotencyKey: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20:L3',
          child: { objectType: 'productSet', identifierIds: { productSetId: '8' } },
          parent: { objectType: 'category', identifierIds: { categoryId: '2' } },
          properties: null,
        },
      ],
    },
  });
}
