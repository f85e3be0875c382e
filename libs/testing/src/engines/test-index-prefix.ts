import type { RealEngines } from './find-engines.js';
import { uniqueName } from './test-name.js';

/** A beginning of index and alias names that nobody else uses. */
export interface TestIndexPrefix {
  /** `test-<random>-` */
  readonly prefix: string;
  /** Deletes every index and index template whose name begins with the prefix. */
  remove(): Promise<void>;
}

/** Makes a prefix for one suite. Nothing is created in Elasticsearch. Call `remove` when the suite is done. */
export function createIndexPrefix(engines: Pick<RealEngines, 'elasticsearchUrl'>): TestIndexPrefix {
  const prefix = `${uniqueName('-')}-`;
  return { prefix, remove: () => deleteIndices(engines.elasticsearchUrl, prefix) };
}

/** By full names: Elasticsearch refuses to delete by wildcard. */
async function deleteIndices(url: string, prefix: string): Promise<void> {
  const listed = await request(`${url}/_cat/indices/${prefix}*?format=json&h=index&expand_wildcards=all`);
  const names = ((await listed.json()) as { index: string }[]).map(({ index }) => index);
  if (names.length > 0) await request(`${url}/${names.join(',')}?ignore_unavailable=true`, 'DELETE');
  const templates = (await (await request(`${url}/_index_template`)).json()) as { index_templates: { name: string }[] };
  for (const { name } of templates.index_templates) {
    if (name.includes(prefix)) await request(`${url}/_index_template/${name}`, 'DELETE');
  }
}

async function request(url: string, method = 'GET'): Promise<Response> {
  const answer = await fetch(url, { method });
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${answer.status} ${await answer.text()}`);
  return answer;
}
