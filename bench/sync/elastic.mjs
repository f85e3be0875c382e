import http from 'node:http';
import https from 'node:https';

const LIMIT_MS = 120_000;

/** Elasticsearch over plain HTTP with connections kept open: no client library in between that could cost anything. */
export class Elastic {
  #url;
  #agent;
  #transport;

  constructor(url, connections = 1) {
    this.#url = new URL(url);
    this.#transport = this.#url.protocol === 'https:' ? https : http;
    this.#agent = new this.#transport.Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  }

  /** The parsed answer. A string body is sent as lines of JSON, an object as JSON. Throws on a status from 400. */
  request(method, path, body) {
    const isLines = typeof body === 'string';
    const payload = body === undefined || isLines ? body : JSON.stringify(body);
    const options = {
      method,
      agent: this.#agent,
      hostname: this.#url.hostname,
      port: this.#url.port,
      auth: this.#url.username ? `${this.#url.username}:${this.#url.password}` : undefined,
      path,
      timeout: LIMIT_MS,
      headers: {
        'content-type': isLines ? 'application/x-ndjson' : 'application/json',
        ...(payload && { 'content-length': Buffer.byteLength(payload) }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = this.#transport.request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode < 400) resolve(text ? JSON.parse(text) : undefined);
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`));
        });
      });
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer in ${LIMIT_MS} ms`)));
      request.end(payload);
    });
  }

  /** Mapping of the index behind an alias, and the number of its shards. */
  async describe(alias) {
    const [index] = Object.values(await this.request('GET', `/${alias}`));
    return { mappings: index.mappings, shards: Number(index.settings.index.number_of_shards) };
  }

  /** A copy of an index's structure, empty, without replicas. */
  async create(name, { mappings, shards }, refreshInterval) {
    const settings = { number_of_shards: shards, number_of_replicas: 0, refresh_interval: refreshInterval };
    await this.request('PUT', `/${name}`, { settings, mappings });
  }

  async count(name) {
    return (await this.request('GET', `/${name}/_count`)).count;
  }
}
