import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Env, ServiceConfig } from '@lockstep/service';
import { IsInt, IsNotEmpty, Max, Min } from 'class-validator';
import type { AttemptPolicy } from './execution/next-attempt.js';

/** Settings of the import service. */
export class ImportConfig extends ServiceConfig {
  /** Where uploaded files are kept, for every replica the same: on a volume that outlives the service. */
  @Env('IMPORT_UPLOAD_DIR')
  @IsNotEmpty()
  uploadDirectory: string = join(tmpdir(), 'lockstep-imports');

  /** Largest upload, all its files together. */
  @Env('IMPORT_MAX_UPLOAD_BYTES', { expects: 'bytes, from 1024' })
  @IsInt()
  @Min(1_024)
  maxUploadBytes: number = 2 * 1024 ** 3;

  /** How long uploaded files are kept after their import ended: the file of failed rows is made from them. */
  @Env('IMPORT_KEEP_FILES_DAYS', { expects: 'days, from 0 to 3650' })
  @IsInt()
  @Min(0)
  @Max(3_650)
  keepFilesDays: number = 30;

  /** How long a replica that died keeps a batch from being read and planned by another. */
  @Env('LEASE_SECONDS', { expects: 'seconds, from 1 to 300' })
  @IsInt()
  @Min(1)
  @Max(300)
  leaseSeconds: number = 10;

  /** More in a message means fewer messages and transactions: 500 took half as long again. Large objects come fewer. */
  @Env('IMPORT_OBJECTS_PER_MESSAGE', { expects: 'a whole number from 1 to 10000' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  objectsPerMessage: number = 2_000;

  @Env('IMPORT_LINKS_PER_MESSAGE', { expects: 'a whole number from 1 to 20000' })
  @IsInt()
  @Min(1)
  @Max(20_000)
  linksPerMessage: number = 5_000;

  /** Links followed in one transaction: its batch is locked meanwhile, and an object may have a million children. */
  @Env('IMPORT_LINKS_PER_TRANSACTION', { expects: 'a whole number from 1 to 1000000' })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  linksPerTransaction: number = 20_000;

  /** Requests of one import that may be unanswered at the same time. */
  @Env('IMPORT_MAX_IN_FLIGHT', { expects: 'a whole number from 1 to 1000' })
  @IsInt()
  @Min(1)
  @Max(1_000)
  maxInFlight: number = 16;

  /** How long a request that is not full waits for more, while others of its import are being answered. */
  @Env('IMPORT_FILL_WAIT_MS', { expects: 'milliseconds, from 0 to 60000' })
  @IsInt()
  @Min(0)
  @Max(60_000)
  fillWaitMs: number = 200;

  /** How long an owner may take for a request before it is asked again. */
  @Env('IMPORT_ANSWER_SECONDS', { expects: 'seconds, from 1 to 86400' })
  @IsInt()
  @Min(1)
  @Max(86_400)
  answerSeconds: number = 300;

  /** Attempts in all; then what was not answered is an error. */
  @Env('IMPORT_MAX_ATTEMPTS', { expects: 'a whole number from 1 to 100' })
  @IsInt()
  @Min(1)
  @Max(100)
  maxAttempts: number = 5;

  /** Longest wait before the second attempt; it doubles with each further one, up to five minutes. */
  @Env('IMPORT_FIRST_BACKOFF_MS', { expects: 'milliseconds, from 1 to 300000' })
  @IsInt()
  @Min(1)
  @Max(300_000)
  firstBackoffMs: number = 2_000;

  /** After this a request that a replica took to send counts as not sent: the replica may be dead. */
  @Env('IMPORT_CLAIM_SECONDS', { expects: 'seconds, from 1 to 300' })
  @IsInt()
  @Min(1)
  @Max(300)
  claimSeconds: number = 15;

  get attempts(): AttemptPolicy {
    return { maxAttempts: this.maxAttempts, firstBackoffMs: this.firstBackoffMs, maxBackoffMs: 300_000 };
  }
}
