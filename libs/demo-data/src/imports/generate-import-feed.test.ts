import { expect, it } from 'vitest';
import { generateImportFeed } from './generate-import-feed.js';

const small = { brands: 10, categories: 200, products: 2_000, existingShare: 0.1 };

it('generates the same feed for the same options, every object once', () => {
  const feed = [...generateImportFeed(small)];
  expect(feed).toEqual([...generateImportFeed(small)]);
  expect(new Set(feed.map(({ type, ref }) => `${type} ${ref}`)).size).toBe(feed.length);
  expect(feed.length / 10_000).toBeCloseTo(1, 1);
});

it('refers only to objects of the feed, unless told otherwise', () => {
  const unknownIn = (options: object): number => {
    const feed = [...generateImportFeed({ ...small, ...options })];
    const refs = new Set(feed.map(({ ref }) => ref));
    return feed.flatMap(({ links = [] }) => links).filter(({ ref }) => !refs.has(ref)).length;
  };
  expect(unknownIn({ chainLength: 5, cycleLength: 3 })).toBe(0);
  expect(unknownIn({ unknownShare: 0.05 })).toBeGreaterThan(50);
});
