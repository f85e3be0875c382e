import { SearchUnavailableError } from '@lockstep/search';
import { type Algoliasearch, algoliasearch } from 'algoliasearch';
import type { ReturnRow, ReturnTarget, RowOutcome } from '../return-target.js';
import { type AlgoliaRecord, toAlgoliaRecord } from './algolia-record.js';

/** Which index of which application. */
export interface AlgoliaOptions {
  readonly appId: string;
  /** With the right `addObject`. */
  readonly apiKey: string;
  readonly indexName: string;
  /** Instead of Algolia's own hosts. */
  readonly url?: string;
}

/** Objects a request, as Algolia advises. */
const BATCH_SIZE = 1_000;
const TIMEOUTS = { connect: 5_000, read: 10_000, write: 30_000 };

/** Writes to an index of Algolia's. Off unless its settings are given. */
export class AlgoliaTarget implements ReturnTarget {
  readonly name = 'Algolia';
  readonly #client: Algoliasearch;
  readonly #indexName: string;

  constructor({ appId, apiKey, indexName, url }: AlgoliaOptions) {
    this.#indexName = indexName;
    this.#client = algoliasearch(appId, apiKey, {
      timeouts: TIMEOUTS,
      ...(url !== undefined && { hosts: [toHost(url)] }),
    });
  }

  /** A record counts as written once Algolia shows it, or something newer: it does not tell the two apart. */
  async write(rows: Iterable<ReturnRow>, signal?: AbortSignal): Promise<RowOutcome[]> {
    const records = Array.from(rows, toAlgoliaRecord);
    const outcomes: RowOutcome[] = [];
    for (let at = 0; at < records.length; at += BATCH_SIZE) {
      signal?.throwIfAborted();
      outcomes.push(...(await this.#send(records.slice(at, at + BATCH_SIZE))));
    }
    return outcomes;
  }

  /** Nothing is to be done: each write has waited until it is shown. */
  async show(): Promise<void> {}

  /** A batch is taken whole or not at all, so what cannot be stored is found by halving it. */
  async #send(records: readonly AlgoliaRecord[]): Promise<RowOutcome[]> {
    try {
      const requests = records.map((body) => ({ action: 'partialUpdateObject' as const, body }));
      const { taskID } = await this.#client.batch({
        indexName: this.#indexName,
        batchWriteParams: { requests: requests as never },
      });
      await this.#client.waitForTask({ indexName: this.#indexName, taskID });
      return records.map(() => ({ status: 'written' }));
    } catch (error) {
      if (!isRefusal(error)) throw toUnavailable(error);
      if (records.length === 1) return [{ status: 'rejected', reason: error.message.slice(0, 1_000) }];
      const middle = Math.ceil(records.length / 2);
      return [...(await this.#send(records.slice(0, middle))), ...(await this.#send(records.slice(middle)))];
    }
  }
}

/** The records are at fault, and would be again. A wrong key is not theirs: what it keeps out comes in when it was set right. */
function isRefusal(error: unknown): error is Error {
  const { status } = error as { readonly status?: number };
  return error instanceof Error && (status === 400 || status === 413 || status === 422);
}

function toUnavailable(error: unknown): SearchUnavailableError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SearchUnavailableError(`Algolia: ${reason}`, { cause: error });
}

function toHost(url: string) {
  const { protocol, host } = new URL(url);
  return {
    url: host,
    accept: 'readWrite' as const,
    protocol: protocol === 'http:' ? ('http' as const) : ('https' as const),
  };
}
