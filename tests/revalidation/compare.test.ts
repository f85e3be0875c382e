import { describe, expect, it } from 'vitest';
import { compareStreams } from './compare.js';

async function* stream(
  ...documents: [gmcReferenceNumber: string, name: string][]
): AsyncGenerator<Record<string, unknown>> {
  for (const [gmcReferenceNumber, name] of documents) yield { gmcReferenceNumber, name };
}

describe('the comparison that the other tests rely on', () => {
  it('counts what is equal, and nothing else', async () => {
    const both: [string, string][] = [
      ['1', 'a'],
      ['2', 'b'],
    ];
    const result = await compareStreams(stream(...both), stream(...both));
    expect(result).toEqual({ equal: 2, differing: 0, missing: 0, surplus: 0, examples: [] });
  });

  it('sees a document that is missing, one too many and one that differs, each with its number', async () => {
    const expected = stream(['1', 'a'], ['2', 'b'], ['4', 'd'], ['5', 'e']);
    const indexed = stream(['2', 'x'], ['3', 'c'], ['4', 'd']);
    const result = await compareStreams(expected, indexed);
    expect(result).toMatchObject({ equal: 1, differing: 1, missing: 2, surplus: 1 });
    expect(result.examples).toEqual([
      'missing: {"gmcReferenceNumber":"1","name":"a"}',
      '2: name: "b" expected, "x" indexed',
      'surplus: {"gmcReferenceNumber":"3","name":"c"}',
      'missing: {"gmcReferenceNumber":"5","name":"e"}',
    ]);
  });

  it('sees a field that only one side has', async () => {
    async function* wide(): AsyncGenerator<Record<string, unknown>> {
      yield { gmcReferenceNumber: '1', name: 'a', extra: null };
    }
    const result = await compareStreams(stream(['1', 'a']), wide());
    expect(result.examples).toEqual(['1: extra: undefined expected, null indexed']);
  });

  it('orders numbers by bytes, as both sides do', async () => {
    const documents: [string, string][] = [
      ['10', 'a'],
      ['9', 'b'],
      ['é', 'c'],
    ];
    expect((await compareStreams(stream(...documents), stream(...documents))).equal).toBe(3);
  });
});
