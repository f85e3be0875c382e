import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cleanUp } from '../machine/clean-up.mjs';
import { compiled } from '../sync/place.mjs';

/** What the generator's default makes of one product: itself, 3.9 variants, and its part of brands and categories. */
const OBJECTS_A_PRODUCT = 5;

/** A catalogue of about so many objects as JSON lines, in a file of its own: `{path, objects, links, remove}`. */
export async function writeFeed(size) {
  const { generateImportFeed } = await compiled('demo-data/dist/imports/generate-import-feed.js');
  const products = Math.ceil(size / OBJECTS_A_PRODUCT);
  const options = { products, brands: Math.ceil(products / 200), categories: Math.ceil(products / 10) };
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  const remove = cleanUp.add('removing the feed', () => rm(folder, { recursive: true, force: true }));
  const counted = { objects: 0, links: 0 };
  const lines = function* () {
    let text = '';
    for (const record of generateImportFeed(options)) {
      counted.objects += 1;
      counted.links += record.links?.length ?? 0;
      text += `${JSON.stringify(record)}\n`;
      if (text.length < 65_536) continue;
      yield text;
      text = '';
    }
    yield text;
  };
  const path = join(folder, 'feed.jsonl');
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return { path, ...counted, remove };
}
