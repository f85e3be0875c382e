/**
 * Reads a generated CSV of so many megabytes and prints how far the memory of the process grew:
 * `node memory.fixture.mjs <file> <megabytes>`.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// As a service runs.
setFlagsFromString('--heap-growing-percent=100');

const module = (path) => import(new URL(`../../dist/${path}.js`, import.meta.url).href);
const { readFeed } = await module('feeds/read-feed');
const { DEFAULT_FEED_LIMITS } = await module('feeds/feed-limits');
const { parseFeedConfig } = await module('feed-configs/parse-feed-config');
const { EXAMPLE_IMPORT_TYPES } = await module('import-types/example-import-types');

const [path, megabytes] = process.argv.slice(2);
const objects = [
  {
    objectType: 'product',
    reference: { column: 'code' },
    fields: { title: 'title', price: 'price' },
    links: [{ tag: 'productInCategory', to: { column: 'categories', split: '|' } }],
  },
];
const { config } = parseFeedConfig({ importType: 'csv', objects });

await generate(path, Number(megabytes) * 1_000_000);
globalThis.gc?.();
const before = process.memoryUsage().rss;
let most = before;
let items = 0;
const began = performance.now();
const file = { fileNo: 1, path, importType: 'csv' };
for await (const batch of readFeed(file, config, EXAMPLE_IMPORT_TYPES, DEFAULT_FEED_LIMITS)) {
  items += batch.length;
  most = Math.max(most, process.memoryUsage.rss());
}
const seconds = (performance.now() - began) / 1_000;
console.log(JSON.stringify({ grownMegabytes: (most - before) / 1_000_000, items, seconds }));

async function generate(target, bytes) {
  const out = createWriteStream(target);
  out.write('code,title,price,categories\n');
  for (let written = 0, row = 0; written < bytes; ) {
    let part = '';
    for (let count = 0; count < 5_000; count++, row++) {
      part += `P-${row},"Shoe ""No. ${row}"", light and waterproof, for every trail and weather",${row % 1_000}.90,C-${row % 50}|C-${row % 7}\n`;
    }
    written += part.length;
    if (!out.write(part)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}
