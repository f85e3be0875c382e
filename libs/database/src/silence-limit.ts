import type { Socket } from 'node:net';
import type pg from 'pg';

/**
 * Gives a connection up once nothing came or went on it for `limitMs`: where a host vanishes without a word, TCP would send
 * again for many minutes. The query at hand then fails with ETIMEDOUT, and a pool drops the connection.
 */
export function limitSilence(client: pg.Client, limitMs: number): void {
  const socket = socketOf(client);
  socket.setTimeout(limitMs);
  socket.on('timeout', () => socket.destroy(new SilentServerError(limitMs)));
}

/** Lets a connection be silent for as long as a statement takes; answers what puts the limit back. */
export function allowSilence(client: pg.Client): () => void {
  const socket = socketOf(client);
  const limitMs = socket.timeout ?? 0;
  socket.setTimeout(0);
  return () => void socket.setTimeout(limitMs);
}

class SilentServerError extends Error {
  override readonly name = 'SilentServerError';
  readonly code = 'ETIMEDOUT';

  constructor(limitMs: number) {
    super(`the database was silent for ${limitMs} ms`);
  }
}

/** The driver calls it a stream, because another transport could be given to it; ours never is. */
function socketOf({ connection }: pg.Client): Socket {
  return connection.stream as Socket;
}
