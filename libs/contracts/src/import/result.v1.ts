import { IsArray, IsIn, IsNotEmpty, IsObject, IsOptional, IsString, IsUUID } from 'class-validator';
import { defineMessage } from '../message.js';
import type { IdentifierIds } from './object-request.v1.js';
import { IMPORT_EXCHANGE, IMPORT_OWNERS, importResultQueue } from './queues.js';

/** Why an owner could not do what it was asked. */
export interface ImportFault {
  readonly code: string;
  readonly message: string;
  /** The field that is wrong, where it is one. */
  readonly field: string | null;
  /** Asked again, it may be done. */
  readonly retryable: boolean;
}

/** The answer for one object or link. */
export class ImportResultItemV1 {
  /** `pendingObjectId` or `pendingLinkId`. */
  @IsString()
  @IsNotEmpty()
  id!: string;

  @IsIn(['complete', 'error'])
  status!: 'complete' | 'error';

  /** Of an object that is complete; at least one. */
  @IsOptional()
  @IsObject()
  identifierIds!: IdentifierIds | null;

  @IsArray()
  errorsFound!: readonly ImportFault[];
}

/** What became of a request, or of a part of it. */
export class ImportResultV1 {
  @IsUUID()
  importBatchId!: string;

  @IsString()
  @IsNotEmpty()
  dispatchId!: string;

  @IsIn(['object', 'link'])
  kind!: 'object' | 'link';

  @IsArray()
  items!: readonly ImportResultItemV1[];
}

export const importResult = defineMessage<ImportResultV1>({
  type: 'import.result',
  version: 1,
  summary: 'An owner answers for some or all objects or links of a request.',
  exchange: IMPORT_EXCHANGE,
  routingKey: 'import.result',
  publishers: [...IMPORT_OWNERS],
  queues: [importResultQueue],
  payload: ImportResultV1,
  item: ImportResultItemV1,
  example: {
    importBatchId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20',
    dispatchId: '4711',
    kind: 'object',
    items: [
      {
        id: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20:12',
        status: 'complete',
        identifierIds: { productId: '17' },
        errorsFound: [],
      },
    ],
  },
});
