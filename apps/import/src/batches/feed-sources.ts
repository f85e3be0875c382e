import type { IncomingMessage } from 'node:http';
import type { FieldError } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import type { FeedConfig } from '../feed-configs/feed-config.js';
import { FeedConfigsStore } from '../feed-configs/feed-configs.store.js';
import { findTypeMismatches } from '../feed-configs/find-type-mismatches.js';
import { parseFeedConfig } from '../feed-configs/parse-feed-config.js';
import type { FeedItem } from '../feeds/feed-item.js';
import { DEFAULT_FEED_LIMITS } from '../feeds/feed-limits.js';
import { readFeed } from '../feeds/read-feed.js';
import { writeFailedRows } from '../feeds/write-failed-rows.js';
import type { ImportTypes } from '../import-types/import-types.js';
import { ImportTypesStore } from '../import-types/import-types.store.js';
import type { TypesSnapshot } from '../planning/type-positions.js';
import { receiveUpload } from '../uploads/receive-upload.js';
import type { BatchFile } from './batch.js';
import type { BatchSources, FailedRecord, Upload } from './batch-sources.js';

/** Where uploads go. */
export interface UploadSettings {
  readonly directory: string;
  readonly maxBytes: number;
}

/** Injection token of {@link UploadSettings}. */
export const UPLOAD_SETTINGS = Symbol('UPLOAD_SETTINGS');

/** Uploads, feeds and mappings as this service reads them. */
@Injectable()
export class FeedSources implements BatchSources {
  constructor(
    private readonly types: ImportTypesStore,
    private readonly configs: FeedConfigsStore,
    @Inject(UPLOAD_SETTINGS) private readonly uploads: UploadSettings,
  ) {}

  receive(request: IncomingMessage, rawName: string): Promise<Upload> {
    return receiveUpload(request, { ...this.uploads, rawName });
  }

  async currentTypes(): Promise<TypesSnapshot> {
    return (await this.types.current()).types;
  }

  async findConfig(id: string): Promise<unknown> {
    return (await this.configs.find(id))?.config ?? null;
  }

  checkConfig(config: unknown, types: TypesSnapshot): readonly FieldError[] {
    const parsed = parseFeedConfig(config);
    return parsed.config ? findTypeMismatches(parsed.config, asRead(types)) : parsed.errors;
  }

  read(file: BatchFile, config: unknown, types: TypesSnapshot): AsyncIterable<readonly FeedItem[]> {
    return readFeed(file, mappingOf(config), asRead(types), DEFAULT_FEED_LIMITS);
  }

  writeFailed(file: BatchFile, config: unknown, failed: AsyncIterable<FailedRecord>): AsyncIterable<string> {
    return writeFailedRows(file, mappingOf(config), failed);
  }
}

/** A batch's types are those that were in force when it came, whole. */
function asRead(types: TypesSnapshot): ImportTypes {
  return types as ImportTypes;
}

/** A stored mapping was checked when it was stored; one that this version reads otherwise maps nothing, and its file says so. */
function mappingOf(config: unknown): FeedConfig | null {
  return config === null ? null : parseFeedConfig(config).config;
}
