import { expect, it } from 'vitest';
import { csvTitle, type ReportLine, toCsvLine } from './report-line.js';

const line: ReportLine = {
  file: 'catalog.csv',
  rowNumber: 2,
  objectType: 'product',
  referenceId: 'P-1',
  action: 'create',
  status: 'complete',
  identifierIds: { productId: '17' },
  errors: [],
  blockedBy: [],
};

it('writes a line of the report as its title says', () => {
  expect(csvTitle()).toBe('file,rowNumber,objectType,referenceId,action,status,identifierIds,errors,blockedBy\r\n');
  expect(toCsvLine(line)).toBe('catalog.csv,2,product,P-1,create,complete,productId=17,,\r\n');
});

it.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['=A,"b"', `"'=A,""b"""`],
  ['a=b', 'a=b'],
  ['two\nlines', '"two\nlines"'],
])('writes %j so that no spreadsheet takes it for a formula or for several cells', (referenceId, cell) => {
  expect(toCsvLine({ ...line, referenceId }).split(',P')[0]).toContain(cell);
});
