import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { takePort } from './take-port.js';

it('gives a port to one taker only, and one on which a server can listen', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => takePort()));
  expect(new Set(ports).size).toBe(ports.length);
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(ports[0], resolve));
  await new Promise((resolve) => server.close(resolve));
});
