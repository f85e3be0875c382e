/** A shop that agrees with everything at once, in a process of its own. Its work is to tell when it heard of which product. */
import http from 'node:http';
import { serveWorker } from '../machine/worker.mjs';

serveWorker(async ({ port }) => {
  const heard = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const at = Date.now();
      const [, { id, params }] = JSON.parse(Buffer.concat(chunks));
      const result = params.productsInfo.map(({ product_id, seller_sku, sku, config_id }) => {
        heard.push([seller_sku, at]);
        const product = { seller_sku, sku, id: product_id, config_id, updated_at: '2026-11-21 10:00:00' };
        return { status: 'success', product };
      });
      const body = JSON.stringify([{ api: 1, result, id }]);
      const length = Buffer.byteLength(body);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': length }).end(body);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return () => heard;
});
