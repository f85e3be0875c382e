import { createServer, type Server } from 'node:http';

/** What a shop received, as far as order matters. */
export interface ReceivedCall {
  readonly method: string;
  readonly itemIds: readonly number[];
}

type Entry = Readonly<Record<string, unknown>>;

export interface ClosableShop {
  readonly url: string;
  readonly received: ReceivedCall[];
  /** Nothing listens any more: connections are refused. */
  close(): Promise<void>;
  /** Listens again, on the same port. */
  open(): Promise<void>;
}

/** A shop on a port that can be closed and opened again; it takes whatever it is told, unless a method is to fail. */
export async function openShop(statusOf: (method: string) => number = () => 200): Promise<ClosableShop> {
  const received: ReceivedCall[] = [];
  const listen = (port: number): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((request, response) => {
        // Ports are given out again: whoever is looking for somebody else's may come here.
        if (request.method !== 'POST') return void response.writeHead(404).end();
        let text = '';
        request.on('data', (chunk) => {
          text += chunk;
        });
        request.on('end', () => {
          const [, { method, params, id }] = JSON.parse(text) as [Entry, { method: string; params: Entry; id: string }];
          received.push({ method, itemIds: String(request.headers['x-sc-item-id']).split(',').map(Number) });
          const body = JSON.stringify([{ api: 1, result: resultOf(params), id }]);
          response.writeHead(statusOf(method), { 'Content-Type': 'application/json' }).end(body);
        });
      }).listen(port, '127.0.0.1', () => resolve(server));
    });
  let server: Server | undefined = await listen(0);
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    close: async () => {
      const closing = server;
      server = undefined;
      closing?.closeAllConnections();
      await new Promise((resolve) => (closing ? closing.close(resolve) : resolve(undefined)));
    },
    open: async () => {
      server ??= await listen(port);
    },
  };
}

function resultOf(params: Entry): unknown {
  if (!('productsInfo' in params)) return params;
  return (params['productsInfo'] as Entry[]).map((entry) => ({
    status: 'success',
    product: { seller_sku: entry['seller_sku'], id: entry['product_id'], updated_at: '2031-03-04 10:00:02' },
  }));
}
