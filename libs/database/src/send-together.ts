import type { Socket } from 'node:net';
import type pg from 'pg';

/**
 * Has what is asked of a connection in one turn of the event loop leave by one write: the server is woken once for all of it.
 * For connections that send a statement before the answer of the former one (`pipeline`); the driver would write each by itself.
 */
export function sendTogether(client: pg.Client): void {
  // Ours is never another stream; see `limitSilence`.
  const socket = client.connection.stream as Socket;
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  client.query = ((...given: unknown[]) => {
    socket.cork();
    // After everything that now waits for nothing but promises that are kept already.
    process.nextTick(() => socket.uncork());
    return query(...given);
  }) as typeof client.query;
}
