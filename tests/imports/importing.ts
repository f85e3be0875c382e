import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { waitFor } from '@lockstep/testing';
import type { Stage } from '../stage/stage.js';

/** A batch as it is served, as far as these tests look at it. */
export interface Batch {
  readonly importBatchId: string;
  readonly importBatchStatus: string;
  readonly processingError: boolean;
  readonly endTime: string | null;
  readonly errors: number;
  readonly counts: { readonly objects: Record<string, number>; readonly links: Record<string, number> };
}

/** An object of a batch, likewise. */
export interface ImportedObject {
  readonly objectType: string;
  readonly referenceId: string;
  readonly status: string;
  readonly identifierIds: Record<string, number | string> | null;
}

/** A file of an import, and how it is read; JSON lines need no configuration. */
export interface FeedFile {
  readonly name: string;
  readonly text: string;
  readonly config?: object;
}

/** One of the example feeds, with its configuration where it has one. */
export function exampleFeed(name: string): FeedFile {
  const read = (file: string) => readFileSync(new URL(`../../apps/import/fixtures/${file}`, import.meta.url), 'utf8');
  if (name.endsWith('.jsonl')) return { name, text: read(name) };
  return { name, text: read(name), config: JSON.parse(read(`${name.replace('.', '-')}.config.json`)) };
}

/** JSON lines of the neutral format. */
export function linesOf(records: Iterable<object>): FeedFile {
  return { name: 'feed.jsonl', text: [...records].map((record) => JSON.stringify(record)).join('\n') };
}

/** Sends files as one import; the id of its batch. */
export async function submit(stage: Stage, files: readonly FeedFile[], query = ''): Promise<string> {
  const form = new FormData();
  for (const { name, text } of files) form.append('file', new Blob([text]), name);
  // One a file, in their order; none is needed for JSON lines.
  const configs = files.map(({ config }) => config ?? null);
  if (configs.some((config) => config !== null)) form.append('config', JSON.stringify(configs));
  const importBatchId = randomUUID();
  const answer = await fetch(`${stage.service('import').url}/api/imports?importBatchId=${importBatchId}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.adminToken}` },
    body: form,
    signal: AbortSignal.timeout(90_000),
  });
  if (answer.status !== 202) throw new Error(`the import was refused: ${answer.status} ${await answer.text()}`);
  return importBatchId;
}

/** Waits until a batch has come to its end. */
export async function untilEnded(stage: Stage, importBatchId: string, timeoutMs = 180_000): Promise<Batch> {
  const look = async () => (await stage.call<Batch>('import', 'GET', `/api/imports/${importBatchId}`)).body;
  return waitFor(`the import ${importBatchId} to end`, look, { until: ({ endTime }) => Boolean(endTime), timeoutMs });
}

/** Sends files and waits for their end. */
export async function importAll(stage: Stage, files: readonly FeedFile[], query = ''): Promise<Batch> {
  return untilEnded(stage, await submit(stage, files, query));
}

/** The objects of a batch, by what the feed calls them. */
export async function objectsOf(stage: Stage, { importBatchId }: Batch): Promise<Map<string, ImportedObject>> {
  const path = `/api/imports/${importBatchId}/objects?pageSize=200`;
  const { body } = await stage.call<{ items: ImportedObject[] }>('import', 'GET', path);
  return new Map(body.items.map((object) => [`${object.objectType} ${object.referenceId}`, object]));
}
