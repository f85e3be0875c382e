import {
  compileSchema,
  ImportLinkItemV1,
  ImportLinkRequestV1,
  ImportObjectItemV1,
  ImportObjectRequestV1,
} from '@lockstep/contracts';
import { expect, it } from 'vitest';
import { linkRequestBody, objectRequestBody } from './request-body.js';

const HEAD = { importBatchId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20', dispatchId: '5', attempt: 2 };
const parse = (body: Buffer) => JSON.parse(body.toString('utf8'));

it('writes the objects of a request as the contract has them, and stored JSON as it is stored', () => {
  const body = objectRequestBody(
    { ...HEAD, objectType: 'prod"uct' },
    [
      { no: 1, action: 'create', fields: '{"price":"79.90","count":12345678901234567890}', identifierIds: null },
      { no: 2, action: 'update', fields: null, identifierIds: '{"id":"7"}' },
    ],
    [{ childNo: 1, linkTag: 'of', objectType: 'brand', identifierIds: '{"b":"1"}', separate: true }],
  );
  expect(body.toString('utf8')).toContain('12345678901234567890');
  const request = parse(body);
  expect(compileSchema(ImportObjectRequestV1).check(request)).toEqual([]);
  for (const item of request.items) expect(compileSchema(ImportObjectItemV1).check(item)).toEqual([]);
  expect(request).toMatchObject({ ...HEAD, objectType: 'prod"uct' });
  expect(request.items[0].parents).toEqual([
    { linkTag: 'of', objectType: 'brand', identifierIds: { b: '1' }, separate: true },
  ]);
  expect(request.items[1]).toMatchObject({ fields: {}, identifierIds: { id: '7' }, parents: [] });
});

it('writes the links of a request as the contract has them', () => {
  const end = { objectType: 'thing', identifierIds: '{"id":"1"}' };
  const request = parse(
    linkRequestBody({ ...HEAD, linkTag: 'near' }, [{ no: 3, child: end, parent: end, properties: '{"qty":2}' }]),
  );
  expect(compileSchema(ImportLinkRequestV1).check(request)).toEqual([]);
  for (const item of request.items) expect(compileSchema(ImportLinkItemV1).check(item)).toEqual([]);
  expect(request.items[0]).toMatchObject({
    pendingLinkId: `${HEAD.importBatchId}:L3`,
    idempotencyKey: `${HEAD.importBatchId}:L3`,
    properties: { qty: 2 },
  });
});
