import { Client, errors } from '@elastic/elasticsearch';
import { IndexNotFoundError, SearchUnavailableError } from '../engine/search-errors.js';

/** How to reach Elasticsearch and how patient to be. */
export interface ElasticsearchClientOptions {
  /** With user and password where the server asks for them. */
  readonly url: string;
  /** @default 30000 */
  readonly requestTimeoutMs?: number;
  /** Tries after the first that failed to connect or was answered 502, 503 or 504. @default 3 */
  readonly maxRetries?: number;
}

/** One request. A string `lines` is a bulk body that is sent as it is. */
export interface ElasticsearchRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Record<string, string | number | boolean>;
  readonly body?: unknown;
  readonly lines?: string;
  /** Statuses that are answers, not errors. */
  readonly accept?: readonly number[];
  readonly requestTimeoutMs?: number;
  readonly maxRetries?: number;
}

/** An answer of Elasticsearch that is an error and not about availability. */
export class ElasticsearchError extends Error {
  override readonly name = 'ElasticsearchError';

  constructor(
    readonly status: number,
    /** For example `aliases_not_found_exception`. */
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The official client's transport, and no more of it: its generated methods would serialise every document again. Its
 * major version must be the server's, which only a request with a body shows.
 */
export class ElasticsearchClient {
  readonly #client: Client;

  constructor({ url, requestTimeoutMs = 30_000, maxRetries = 3 }: ElasticsearchClientOptions) {
    this.#client = new Client({ node: url, requestTimeout: requestTimeoutMs, maxRetries });
  }

  /**
   * @throws SearchUnavailableError when nothing answers, or 408, 429, 502, 503, 504 does, after the retries
   * @throws IndexNotFoundError
   * @throws ElasticsearchError
   */
  async request<T>(request: ElasticsearchRequest): Promise<T> {
    try {
      return await this.#client.transport.request<T>(
        {
          method: request.method,
          path: request.path,
          ...(request.query && { querystring: request.query }),
          ...(request.body !== undefined && { body: request.body as Record<string, unknown> }),
          ...(request.lines !== undefined && { bulkBody: request.lines }),
        },
        {
          ignore: [...(request.accept ?? [])],
          ...(request.requestTimeoutMs !== undefined && { requestTimeout: request.requestTimeoutMs }),
          ...(request.maxRetries !== undefined && { maxRetries: request.maxRetries }),
        },
      );
    } catch (error) {
      throw translateError(error, request);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

const UNAVAILABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

function translateError(error: unknown, { method, path }: ElasticsearchRequest): unknown {
  const what = `${method} ${path}`;
  if (error instanceof errors.ResponseError) {
    const status = error.statusCode ?? 0;
    const { type = 'unknown', reason = error.message } = errorOf(error.body);
    if (UNAVAILABLE_STATUSES.has(status))
      return new SearchUnavailableError(`${what}: ${status} ${type}`, { cause: error });
    if (type === 'index_not_found_exception') return new IndexNotFoundError(`${what}: ${reason}`, { cause: error });
    return new ElasticsearchError(status, type, `${what}: ${status} ${type}: ${reason}`);
  }
  const isGone =
    error instanceof errors.ConnectionError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoLivingConnectionsError ||
    error instanceof errors.RequestAbortedError;
  return isGone ? new SearchUnavailableError(`${what}: ${error.message}`, { cause: error }) : error;
}

function errorOf(body: unknown): { type?: string; reason?: string } {
  const error = (body as { error?: unknown } | null | undefined)?.error;
  return typeof error === 'object' && error !== null ? error : {};
}
