import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can fail as networks and processes do. */
export interface TcpProxy {
  /** The given URL with the proxy's address. */
  readonly url: string;
  /** Drops every connection; new ones work. */
  drop(): void;
  /** Drops every connection and takes no more, as when the process behind it dies. */
  cut(): void;
  /** Present connections carry nothing any more but stay open; new ones work. */
  freeze(): void;
}

/** A proxy on a free port before the host and port of a URL. */
export async function openTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(targetUrl);
  url.port = String((server.address() as AddressInfo).port);
  url.hostname = '127.0.0.1';
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const cut = (): void => {
    server.close();
    drop();
  };
  const freeze = (): void => {
    for (const socket of sockets) {
      socket.unpipe();
      socket.pause();
    }
  };
  return { url: url.href, drop, cut, freeze };
}
