/** A queue as the management plugin lists it. Counts are up to a second old (`npm run engines`), five elsewhere. */
export interface ManagedQueue {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Name of the policy in force. */
  readonly policy?: string;
  readonly messages?: number;
  readonly messages_ready?: number;
  readonly messages_unacknowledged?: number;
  readonly consumers?: number;
}

/** A binding as the management plugin lists it; the default exchange is `''`. */
export interface ManagedBinding {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
}

/** A client connection as the management plugin lists it. */
export interface ManagedConnection {
  readonly name: string;
  readonly client_properties: Readonly<Record<string, unknown>>;
}

/** A virtual host with hundreds of replicated queues is not deleted in a moment. */
const REQUEST_LIMIT_MS = 120_000;

/** The management plugin's REST interface, bound to one virtual host. Every call throws on a status of 400 or more. */
export class RabbitManagement {
  readonly #base: string;
  readonly #user: string;
  readonly #authorization: string;

  constructor(
    managementUrl: string,
    private readonly vhost: string,
  ) {
    const { origin, username, password } = new URL(managementUrl);
    this.#base = `${origin}/api`;
    this.#user = decodeURIComponent(username);
    const credentials = Buffer.from(`${this.#user}:${decodeURIComponent(password)}`).toString('base64');
    this.#authorization = `Basic ${credentials}`;
  }

  queues(): Promise<ManagedQueue[]> {
    return this.#request('GET', `/queues/${this.#vhostPath}`);
  }

  /** Without the bindings that every queue has to the default exchange. */
  async bindings(): Promise<ManagedBinding[]> {
    const bindings = await this.#request<ManagedBinding[]>('GET', `/bindings/${this.#vhostPath}`);
    return bindings.filter(({ source }) => source !== '');
  }

  connections(): Promise<ManagedConnection[]> {
    return this.#request('GET', `/vhosts/${this.#vhostPath}/connections`);
  }

  /** Deletes a queue under its consumers, which the broker then cancels. */
  async deleteQueue(name: string): Promise<void> {
    await this.#request('DELETE', `/queues/${this.#vhostPath}/${encodeURIComponent(name)}`);
  }

  /**
   * Closes the connections that are listed now, as an operator would by force; returns how many. A connection is
   * listed up to a second after it was opened: wait for it in `connections()` first.
   */
  async closeConnections(): Promise<number> {
    const open = await this.connections();
    await Promise.all(open.map(({ name }) => this.#close(name)));
    return open.length;
  }

  /** Loads exchanges, queues, bindings and policies of a definitions file into this virtual host, whatever vhost they name. */
  async importDefinitions(definitions: object): Promise<void> {
    const all = definitions as Readonly<Record<string, readonly object[] | undefined>>;
    const kinds = ['exchanges', 'queues', 'bindings', 'policies'];
    const moved = kinds.map((kind) => [kind, (all[kind] ?? []).map((entry) => ({ ...entry, vhost: this.vhost }))]);
    await this.#request('POST', `/definitions/${this.#vhostPath}`, Object.fromEntries(moved));
  }

  async createVhost(): Promise<void> {
    await this.#request('PUT', `/vhosts/${this.#vhostPath}`);
    const everything = { configure: '.*', write: '.*', read: '.*' };
    await this.#request('PUT', `/permissions/${this.#vhostPath}/${encodeURIComponent(this.#user)}`, everything);
  }

  async removeVhost(): Promise<void> {
    await this.#request('DELETE', `/vhosts/${this.#vhostPath}`);
  }

  get #vhostPath(): string {
    return encodeURIComponent(this.vhost);
  }

  /** One that has gone by itself since it was listed is as good as closed. */
  async #close(connection: string): Promise<void> {
    await this.#request('DELETE', `/connections/${encodeURIComponent(connection)}`, undefined, [404]);
  }

  async #request<T>(method: string, path: string, body?: unknown, expected: number[] = []): Promise<T> {
    const answer = await fetch(this.#base + path, {
      method,
      headers: { authorization: this.#authorization, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    const text = await answer.text();
    if (!answer.ok && !expected.includes(answer.status)) {
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    }
    return (text ? JSON.parse(text) : undefined) as T;
  }
}
