import { describe, expect, it } from 'vitest';
import { type ApiDocument, mergeDocuments } from './merge-documents.js';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const documentOf = (path: string, schemas: Record<string, object>): ApiDocument => ({
  openapi: '3.1.0',
  info: {},
  paths: {
    [path]: { get: { responses: { 200: ref('Item') } } },
    '/health/live': { get: { operationId: path } },
    '/both': { [path === '/one' ? 'get' : 'put']: {} },
  },
  components: { schemas },
});

describe('one document for all services', () => {
  it('has every path, and keeps apart schemas that share a name but not a meaning', () => {
    const problem = { type: 'object' };
    const merged = mergeDocuments(
      '1.2.3',
      new Map([
        ['left', documentOf('/one', { Problem: problem, Item: { type: 'string' } })],
        ['right', documentOf('/two', { Problem: problem, Item: { type: 'array', items: ref('Item') } })],
      ]),
    );
    expect(Object.keys(merged.paths)).toEqual(['/one', '/health/live', '/both', '/two']);
    expect(merged.paths).toMatchObject({
      '/one': { get: { responses: { 200: ref('Item') } } },
      '/two': { get: { responses: { 200: ref('right.Item') } } },
      '/health/live': { get: { operationId: '/one' } },
      '/both': { get: {}, put: {} },
    });
    expect(merged.components?.schemas).toEqual({
      Problem: problem,
      Item: { type: 'string' },
      'right.Item': { type: 'array', items: ref('right.Item') },
    });
  });
});
