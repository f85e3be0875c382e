import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';
import type { StoredFeedConfig } from './feed-config.entity.js';
import { FeedConfigBody } from './feed-config-body.js';

/** A stored mapping. */
export class FeedConfigView {
  @IsString()
  id!: string;

  /** As it was sent. */
  @ValidateNested()
  @Type(() => FeedConfigBody)
  config!: FeedConfigBody;

  /** SHA-256 of its content, hexadecimal. */
  @IsString()
  contentHash!: string;

  @IsInstant()
  updatedAt!: string;

  /** Id of the token that changed it last. */
  @IsString()
  updatedBy!: string;
}

export function toFeedConfigView({ id, config, contentHash, updatedAt, updatedBy }: StoredFeedConfig): FeedConfigView {
  return { id, config, contentHash, updatedAt: updatedAt.toISOString(), updatedBy };
}
