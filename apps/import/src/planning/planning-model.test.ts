import 'reflect-metadata';
import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Feed, type Planned, PlanningStage, TYPES } from './planning.fixture.js';
import { type Outcome, planByDefinition } from './planning-model.fixture.js';

/** What one record says, with references from a few, so that all of it meets. */
type Said =
  | { kind: 'object'; type: string; number: number; as: 'plain' | 'other' | 'mention' | 'existing' | 'wrong' }
  | { kind: 'link'; tag: string; child: number; parent: number; isWrong: boolean };

const NUMBERS = 3;
const OBJECT_TYPES = ['brand', 'category', 'product', 'variant'];
const number = fc.integer({ min: 0, max: NUMBERS - 1 });
const manner = fc.oneof(
  { weight: 12, arbitrary: fc.constant('plain' as const) },
  { weight: 3, arbitrary: fc.constant('existing' as const) },
  { weight: 3, arbitrary: fc.constantFrom('other' as const, 'mention' as const, 'wrong' as const) },
);

/** Most references are defined; some are said again, or never. */
const objects = fc
  .tuple(
    fc.array(fc.option(manner), { minLength: OBJECT_TYPES.length * NUMBERS, maxLength: OBJECT_TYPES.length * NUMBERS }),
    fc.array(fc.tuple(fc.constantFrom(...OBJECT_TYPES), number, manner), { maxLength: 2 }),
  )
  .map(([first, again]): Said[] => [
    ...first.flatMap((as, at): Said[] => {
      const type = OBJECT_TYPES[Math.floor(at / NUMBERS)] as string;
      return as === null ? [] : [{ kind: 'object', type, number: at % NUMBERS, as }];
    }),
    ...again.map(([type, each, as]): Said => ({ kind: 'object', type, number: each, as })),
  ]);

const link: fc.Arbitrary<Said> = fc.record({
  kind: fc.constant('link' as const),
  tag: fc.constantFrom(...Object.keys(TYPES.linkTags).filter((tag) => tag !== 'variantStockedAt')),
  child: number,
  parent: number,
  isWrong: fc.integer({ min: 0, max: 20 }).map((each) => each === 0),
});

const records = fc
  .tuple(objects, fc.array(link, { maxLength: 14 }))
  .chain(([some, links]) => fc.shuffledSubarray([...some, ...links], { minLength: some.length + links.length }));

/** Many small feeds in one batch, of which none knows the others: a batch costs more than what is in it. */
const feeds = fc.array(records, { minLength: 25, maxLength: 25 }).map((all) => {
  const feed = new Feed();
  for (const [index, each] of all.entries()) for (const record of each) add(feed.nextRow(), index, record);
  return feed;
});

function add(feed: Feed, index: number, record: Said): void {
  const reference = (each: number) => `R${index}-${each}`;
  if (record.kind === 'link') {
    const errors = record.isWrong ? [feed.fault('INVALID_LINK_TAG')] : [];
    feed.link(record.tag, reference(record.child), reference(record.parent), { errors });
    return;
  }
  const { type, as } = record;
  const fields = as === 'mention' || as === 'existing' ? null : { name: as === 'other' ? 'other' : 'plain' };
  feed.object(type, reference(record.number), fields, {
    identifierIds: as === 'existing' ? { id: '1' } : null,
    errors: as === 'wrong' ? [feed.fault('INVALID_VALUE')] : [],
  });
}

function outcomeOf(planned: Planned): Outcome {
  return {
    objects: Object.fromEntries(
      planned.all.map(({ type, reference, status, level, parentsLeft }) => [
        `${type} ${reference}`,
        `${status} ${level} ${parentsLeft}`,
      ]),
    ),
    links: Object.fromEntries(
      planned.links.map(({ tag, child, parent, status }) => [`${tag} ${child} > ${parent}`, status]),
    ),
  };
}

describeWithEngines('planning by the definitions', (engines) => {
  let database: TestDatabase;
  let stage: PlanningStage;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    stage = await PlanningStage.open(database.url);
  });

  afterAll(async () => {
    await stage?.dataSource.destroy();
    await database?.remove();
  });

  it('makes of any feed what they say, and counts what it made', async () => {
    await fc.assert(
      fc.asyncProperty(feeds, async (feed) => {
        const planned = await stage.plan(feed, { skipInvalid: true });
        expect(outcomeOf(planned)).toEqual(planByDefinition(feed.items));
        const counted = Object.values(planned.counts.objects).reduce((sum, count) => sum + count, 0);
        expect(counted).toBe(planned.all.length);
      }),
      { numRuns: 30 },
    );
  }, 180_000);

  it('refuses exactly those with an error, and then has nothing to send', async () => {
    await fc.assert(
      fc.asyncProperty(feeds, async (feed) => {
        const planned = await stage.plan(feed);
        expect(planned.isRefused).toBe(planned.errors > 0);
        const sent = planned.all.filter(({ status }) => status === 'processing');
        expect(sent).toHaveLength(planned.isRefused ? 0 : planned.all.length);
      }),
      { numRuns: 5 },
    );
  });
});
