import { describeOnEveryEngine, type GoldenList } from '@lockstep/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { useStage } from '../stage/stage.js';
import { sync } from '../stage/sync-run.js';
import { readList } from './lists.js';
import { loadGmcDoctors } from './sources.js';

/** Names as GMC writes them, by number. */
const NAMES: Readonly<Record<string, readonly [first: string, last: string]>> = {
  '7100001': ['Aoife', "O'Brien"],
  '7100002': ['Siân', 'O’Brien-Łukasz'],
  '7100003': ['José María', 'Nuñez'],
  '7100004': ['Zoë', 'Müller'],
  '7100005': ['Thị', 'Nguyễn'],
  '7100006': ['Ann Mary', 'Smith Jones'],
  '7100007': ['Mary', 'Smithson'],
  '7200008': ['Bob "Bobby"', 'Brackets {x} [y]'],
};
const EVERYBODY = Object.keys(NAMES);

/** What is typed, and who is found; words are beginnings of words, in any order, all of them. */
const FINDS: readonly (readonly [search: string, numbers: readonly string[]])[] = [
  ["O'Brien", ['7100001', '7100002']],
  ['O’Brien', ['7100001', '7100002']],
  ['OBrien', ['7100001', '7100002']],
  ["o'brien aoife", ['7100001']],
  ['sian', ['7100002']],
  ['Siân', ['7100002']],
  ['lukasz', ['7100002']],
  ['jose', ['7100003']],
  ['NUNEZ', ['7100003']],
  ['nuñez josé', ['7100003']],
  ['muller', ['7100004']],
  ['Zoe Müller', ['7100004']],
  ['nguyen', ['7100005']],
  ['mary smith', ['7100006', '7100007']],
  ['smith mary ann', ['7100006']],
  ['smith aoife', []],
  ['7100003', ['7100003']],
  ['  7100003  ', ['7100003']],
  ['71000', EVERYBODY.filter((number) => number.startsWith('71'))],
  ['7100003 7100004', []],
  ['*', EVERYBODY],
  ['smi*', ['7100006', '7100007']],
  ['"bobby"', ['7200008']],
  ['{x}', ['7200008']],
  ['brackets [y]', ['7200008']],
  ['{', EVERYBODY],
  ['""', EVERYBODY],
  ['', EVERYBODY],
  ['obrien OR muller', []],
  ['NOT smith', []],
  ['a'.repeat(256), []],
  ['🩺'.repeat(256), EVERYBODY],
];

/** Meant to reach somebody's query language, parser, template or path. */
const HOSTILE: readonly string[] = [
  "' OR '1'='1",
  "'; DROP TABLE recommendation.doctors_for_db; --",
  '"; DELETE FROM integration.master_doctor; --',
  "\\'; SELECT pg_sleep(10); --",
  "1' UNION SELECT null,null--",
  '{"query":{"match_all":{}}}',
  '"}},{"match_all":{}},{"x":{"y":"',
  '{"script":{"source":"ctx._source.clear()"}}',
  '{"$ne":null}',
  '{"$where":"sleep(1000)"}',
  'gmcReferenceNumber:7100001',
  'doctorLastName:*',
  '_exists_:admin',
  '_id:7100001',
  '* OR *:*',
  '(((((((((((',
  ')))) AND NOT (',
  '/.*(a+)+$/',
  '[a TO z]',
  '{a TO *}',
  '^9999',
  'smith~2',
  'smith^1e400',
  '+smith -jones',
  '&& || ! \\',
  '\\',
  '\\\\"',
  '"',
  "'",
  '`',
  '$' + '{7*7}',
  '{{7*7}}',
  '#{7*7}',
  '<%= 7*7 %>',
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '%00',
  'null\u0000byte',
  '\u0000',
  '\u202eevil',
  '\ufeff',
  '\u2028\u2029',
  '\r\nSet-Cookie: a=b',
  'ﷺ'.repeat(85),
  'a\u0301'.repeat(128),
  '\u0301'.repeat(256),
  'x '.repeat(128),
  '9'.repeat(256),
  '-1',
  'NaN',
  'true',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  '%',
  '_',
  '%%%',
  '?',
  '??',
  '~',
  '@',
];

/** Parameters whose values are texts of users, beside the search. */
const TEXT_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  '/api/doctors': ['search', 'programmeName', 'admin', 'designatedBodies', 'sort', 'cursor', 'page', 'gmcStatus'],
  '/api/connections/current': [
    'search',
    'programmeName',
    'designatedBodies',
    'tisDesignatedBodies',
    'sort',
    'cursor',
    'pageSize',
    'membershipEndDateFrom',
  ],
};

describeOnEveryEngine('search in the lists', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration', 'recommendation', 'connection'] });
  beforeAll(async () => {
    await loadGmcDoctors(
      stage,
      EVERYBODY.map((gmcNumber) => ({
        gmcNumber,
        doctorFirstName: NAMES[gmcNumber]?.[0],
        doctorLastName: NAMES[gmcNumber]?.[1],
        underNotice: 'YES',
        designatedBodyCode: '1-25U-830',
      })),
    );
    expect((await sync(stage)).state).toBe('succeeded');
  });

  const appOf = (path: string) => (path === '/api/doctors' ? 'recommendation' : 'connection');
  const ask = (path: string, parameter: string, value: string) =>
    stage.call<{ code?: string; items?: unknown[] }>(
      appOf(path),
      'GET',
      `${path}?${parameter}=${encodeURIComponent(value)}`,
    );

  describe.each<GoldenList>(['recommendations', 'current'])('%s', (list) => {
    it.each(FINDS)('finds by %j', async (search, numbers) => {
      expect([...(await readList(stage, list, { search })).keys()].sort()).toEqual(numbers);
    });
  });

  describe.each(Object.keys(TEXT_PARAMETERS))('GET %s', (path) => {
    it('refuses more than 256 characters with 400 and its code', async () => {
      for (const text of ['a'.repeat(257), 'a'.repeat(300), '🩺'.repeat(257), ' '.repeat(300)]) {
        const { status, body } = await ask(path, 'search', text);
        expect([status, body.code], `${text.length} characters`).toEqual([400, expect.stringMatching(/TEXT_TOO_LONG/)]);
      }
    });

    it('takes no input for a query: it finds what the words say, or refuses with 400, and never breaks', async () => {
      const asked: string[] = [];
      for (const parameter of TEXT_PARAMETERS[path] ?? []) {
        for (const text of HOSTILE) {
          const { status, body } = await ask(path, parameter, text);
          if (![200, 400].includes(status) || (status === 400 && !body.code))
            asked.push(`${parameter}=${JSON.stringify(text)}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
        }
      }
      expect(asked).toEqual([]);
      expect((await readList(stage, path === '/api/doctors' ? 'recommendations' : 'current')).size).toBe(
        EVERYBODY.length,
      );
    });

    it('takes bytes that are no text, and a parameter twice or as an object, without breaking', async () => {
      for (const query of [
        'search=%ff%fe',
        'search=%c3%28',
        'search=%ed%a0%80',
        'search=%',
        'search=a&search=b',
        'search[a]=b',
        'search[$ne]=',
        'search[]=a',
        'unknown=1',
      ]) {
        const { status } = await stage.call(appOf(path), 'GET', `${path}?${query}`);
        expect([200, 400], `${query}: ${status}`).toContain(status);
      }
    });
  });
});
