import type { GoldenList } from '@lockstep/testing';
import type { App, Stage } from '../stage/stage.js';

/** A row of any list; what the lists have in common is the number. */
export type ListRow = Record<string, unknown> & { gmcReferenceNumber: string };

interface ListPage {
  items: ListRow[];
  total: number;
  cursor: string | null;
}

/** Where each list is served, as its users ask for it. */
const ROUTES: Readonly<Record<GoldenList, readonly [app: App, path: string]>> = {
  current: ['connection', '/api/connections/current'],
  connected: ['connection', '/api/connections/connected'],
  disconnected: ['connection', '/api/connections/disconnected'],
  exceptions: ['connection', '/api/connections/exceptions'],
  discrepancies: ['connection', '/api/connections/discrepancies'],
  recommendations: ['recommendation', '/api/doctors'],
};

export const LIST_NAMES = Object.keys(ROUTES) as GoldenList[];

/** One page of a list, asked for with these conditions; throws on any answer but 200. */
export async function readPage(stage: Stage, list: GoldenList, query: Record<string, string> = {}): Promise<ListPage> {
  const [app, path] = ROUTES[list];
  const answer = await stage.call<ListPage>(app, 'GET', `${path}?${new URLSearchParams(query)}`);
  if (answer.status !== 200) throw new Error(`GET ${list}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** A whole list by its cursors, in the order in which it is shown; fails when a doctor is in it twice. */
export async function readList(
  stage: Stage,
  list: GoldenList,
  query: Record<string, string> = {},
): Promise<Map<string, ListRow>> {
  const rows = new Map<string, ListRow>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: ListPage = await readPage(stage, list, { pageSize: '200', ...query, ...(cursor && { cursor }) });
    for (const row of page.items) {
      if (rows.has(row.gmcReferenceNumber)) throw new Error(`${row.gmcReferenceNumber} is in ${list} twice`);
      rows.set(row.gmcReferenceNumber, row);
    }
    cursor = page.cursor;
  }
  return rows;
}

/** How many doctors a list shows. */
export async function countList(stage: Stage, list: GoldenList): Promise<number> {
  return (await readPage(stage, list, { pageSize: '1' })).total;
}

/** The row of a doctor, found by the number as a user would; undefined when the list does not show it. */
export async function findInList(stage: Stage, list: GoldenList, gmcNumber: string): Promise<ListRow | undefined> {
  const { items } = await readPage(stage, list, { search: gmcNumber });
  return items.find((row) => row.gmcReferenceNumber === gmcNumber);
}
