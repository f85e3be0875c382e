import type { IncomingMessage } from 'node:http';
import type { FieldError } from '@lockstep/service';
import type { FeedItem } from '../feeds/feed-item.js';
import type { TypesSnapshot } from '../planning/type-positions.js';
import type { BatchFile } from './batch.js';

/** Files of a submission, kept on disk until `discard`. */
export interface Upload {
  readonly files: readonly BatchFile[];
  readonly fields: Readonly<Record<string, string>>;
  discard(): Promise<void>;
}

/** A record that did not get through, and why. */
export interface FailedRecord {
  readonly row: number;
  readonly status: string;
  readonly errors: readonly string[];
}

/** Where the content of batches comes from: uploads, feeds in their formats, the types and mappings of the installation. */
export interface BatchSources {
  /** Throws a `ProblemError` that tells the sender what is wrong; then nothing is left on disk. */
  receive(request: IncomingMessage, rawName: string): Promise<Upload>;
  currentTypes(): Promise<TypesSnapshot>;
  /** A stored mapping as it was sent; null when there is none. */
  findConfig(id: string): Promise<unknown>;
  /** What is wrong with a mapping, empty when nothing is. */
  checkConfig(config: unknown, types: TypesSnapshot): readonly FieldError[];
  read(file: BatchFile, config: unknown, types: TypesSnapshot): AsyncIterable<readonly FeedItem[]>;
  /** The failed records in the file's own form. `failed` comes ordered by row. */
  writeFailed(file: BatchFile, config: unknown, failed: AsyncIterable<FailedRecord>): AsyncIterable<string>;
}

/** Injection token of {@link BatchSources}. */
export const BATCH_SOURCES = Symbol('BATCH_SOURCES');
