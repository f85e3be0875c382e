import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NdjsonLimits, type NdjsonLine, readNdjson } from './read-ndjson.js';

function requestOf(chunks: Iterable<Buffer>, headers: object = {}): IncomingMessage {
  return Object.assign(Readable.from(chunks), { headers }) as unknown as IncomingMessage;
}

async function readAll(chunks: Iterable<Buffer>, limits?: NdjsonLimits): Promise<NdjsonLine[]> {
  const lines: NdjsonLine[] = [];
  for await (const line of readNdjson(requestOf(chunks), limits)) lines.push(line);
  return lines;
}

describe('readNdjson', () => {
  it('reads the same values however the bytes are cut', async () => {
    const values = fc.array(fc.jsonValue({ stringUnit: 'grapheme' }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        values,
        fc.array(fc.nat(200), { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, cuts, end) => {
          const clean = rows.filter((row) => !JSON.stringify(row).includes('u0000'));
          const bytes = Buffer.from(clean.map((row) => JSON.stringify(row)).join(end));
          const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
          const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
          const lines = await readAll(chunks.filter((chunk) => chunk.length > 0));
          expect(lines).toEqual(
            clean.map((row, index) => ({ line: index + 1, value: JSON.parse(JSON.stringify(row)) })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps no more than a line of a body that has none', async () => {
    function* endless() {
      for (let count = 0; count < 64; count++) yield Buffer.alloc(1024 * 1024, 'x');
    }
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const request = requestOf(
      (function* () {
        for (const chunk of endless()) {
          peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
          yield chunk;
        }
      })(),
    );
    const lines: NdjsonLine[] = [];
    for await (const line of readNdjson(request, { maxLineBytes: 1_000 })) lines.push(line);
    expect(lines).toEqual([{ line: 1, error: 'the line is longer than 1000 bytes' }]);
    expect(peak).toBeLessThan(40 * 1024 * 1024);
  });

  it('ends with 413 past the limit, after the lines before it', async () => {
    const seen: NdjsonLine[] = [];
    const read = async () => {
      const chunks = [Buffer.from('1\n2\n'), Buffer.from('3\n4\n')];
      for await (const line of readNdjson(requestOf(chunks), { maxBytes: 6 })) seen.push(line);
    };
    await expect(read()).rejects.toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
    expect(seen).toEqual([
      { line: 1, value: 1 },
      { line: 2, value: 2 },
    ]);
  });

  it('refuses a compressed body', async () => {
    const read = readNdjson(requestOf([], { 'content-encoding': 'gzip' })).next();
    await expect(read).rejects.toMatchObject({ status: 415 });
  });
});
