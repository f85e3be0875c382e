import 'reflect-metadata';
import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Feed, PlanningStage } from './planning.fixture.js';

describeWithEngines('planning', (engines) => {
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

  const brand = (feed: Feed, reference = 'B-1', name = 'Acme') => feed.object('brand', reference, { name });
  const product = (feed: Feed, reference: string) => feed.object('product', reference, { title: reference });

  /** Four categories, a brand said twice, two products, three variants; eleven links. */
  function catalogue(): Feed {
    const feed = new Feed();
    for (const [code, parent] of [
      ['C-TRAIL', 'C-SHOES'],
      ['C-SHOES', ''],
      ['C-JACKETS', ''],
      ['C-SALE', ''],
    ] as const) {
      feed.nextRow().object('category', code, { name: code });
      if (parent) feed.link('categoryParent', code, parent);
    }
    brand(feed.nextRow());
    product(feed, 'P-100').link('productHasBrand', 'P-100', 'B-1').link('productRelated', 'P-100', 'P-200');
    for (const code of ['C-TRAIL', 'C-SALE']) feed.link('productInCategory', 'P-100', code);
    for (const sku of ['S-42', 'S-43']) feed.object('variant', sku, { sku }).link('variantOfProduct', sku, 'P-100');
    brand(feed.nextRow());
    product(feed, 'P-200').link('productHasBrand', 'P-200', 'B-1').link('productRelated', 'P-200', 'P-100');
    feed.link('productInCategory', 'P-200', 'C-JACKETS');
    return feed.object('variant', 'S-M', { sku: 'S-M' }).link('variantOfProduct', 'S-M', 'P-200');
  }

  it('orders a catalogue in any row order and says what it will send', async () => {
    const planned = await stage.plan(catalogue());
    expect(planned).toMatchObject({ isRefused: false, errors: 0, errors_: [] });
    expect(planned.warnings_).toEqual(['DUPLICATE_ROW_MERGED row 7']);
    expect(planned.plan).toMatchObject({
      create: 10,
      links: 11,
      linkRequests: 5,
      levels: [4, 2, 2, 2],
      longestChain: 4,
      release: 'streaming',
      // Two a message: levels of brand 1, category 3 + 1, product 1 + 1, variant 1 + 2; separate 3, independent 2.
      messages: { catalog: 1 + 2 + 1 + 1 + 1 + 1 + 1 + 2 + 1 },
    });
    const levels = [...planned.objects.values()].map(({ reference, level }) => [reference, level]);
    expect(Object.fromEntries(levels)).toEqual({
      ...{ 'B-1': 0, 'C-SHOES': 0, 'C-JACKETS': 0, 'C-SALE': 0, 'C-TRAIL': 1, 'P-200': 1 },
      ...{ 'P-100': 2, 'S-M': 2, 'S-42': 3, 'S-43': 3 },
    });
    expect(planned.objects.get('P-100')).toMatchObject({ parentsLeft: 3, status: 'processing', action: 'create' });
    expect(planned.objects.get('B-1')?.places).toEqual([1, 6, 1, 7]);
    expect(planned.counts).toEqual({ objects: { processing: 10 }, links: { processing: 11 } });
  });

  it('plans an empty batch', async () => {
    const planned = await stage.plan(new Feed());
    expect(planned).toMatchObject({ isRefused: false, counts: { objects: {}, links: {} } });
    expect(planned.plan).toMatchObject({ create: 0, levels: [], longestChain: 0, messages: {} });
  });

  it('leaves nothing behind in the session or the schema', async () => {
    await stage.plan(catalogue());
    const tables: { name: string }[] = await stage.dataSource.query(
      `SELECT relname AS name FROM pg_class WHERE relname ~ '^(plan_|staged_object_|staged_link_)'`,
    );
    expect(tables).toEqual([]);
  });

  describe('what is said several times', () => {
    it('is one object when it says the same, in whatever order of fields', async () => {
      const feed = new Feed();
      feed.nextRow().object('product', 'P', { title: 'T', price: '1.00' });
      feed.nextRow().object('product', 'P', { price: '1.00', title: 'T' });
      const planned = await stage.plan(feed.nextRow().object('product', 'P', { title: 'T', price: '1.00' }));
      expect(planned.objects.get('P')).toMatchObject({ places: [1, 2, 1, 3, 1, 4], status: 'processing' });
      expect(planned.warnings_).toEqual(['DUPLICATE_ROW_MERGED row 3']);
      expect(planned.messages[0]).toContain('and so were 1 more');
    });

    it('is an error that names the first row when it says something else', async () => {
      const feed = brand(new Feed().nextRow());
      const planned = await stage.plan(brand(feed.nextRow(), 'B-1', 'Acme Ltd'));
      expect(planned).toMatchObject({ isRefused: true, errors_: ['DUPLICATE_REFERENCE row 3'] });
      expect(planned.messages[0]).toContain('in row 2');
      expect(planned.objects.get('B-1')).toMatchObject({ status: 'error', errors: [{ code: 'DUPLICATE_REFERENCE' }] });
    });

    it('may be a mere mention, before and after the definition', async () => {
      const feed = new Feed().nextRow().object('brand', 'B-1');
      const planned = await stage.plan(brand(feed.nextRow()).nextRow().object('brand', 'B-1'));
      expect(planned).toMatchObject({ errors: 0, warnings: 0 });
      expect(planned.objects.get('B-1')).toMatchObject({ fields: { name: 'Acme' }, places: [1, 2, 1, 3, 1, 4] });
    });

    it('counts a link once', async () => {
      const feed = product(brand(new Feed()), 'P').link('productHasBrand', 'P', 'B-1');
      const planned = await stage.plan(feed.nextRow().link('productHasBrand', 'P', 'B-1'));
      expect(planned.links).toHaveLength(1);
      expect(planned.objects.get('P')?.parentsLeft).toBe(1);
      expect(planned.warnings_).toEqual(['DUPLICATE_LINK_MERGED row 1']);
    });
  });

  describe('references', () => {
    it('to nothing refuse the batch, and every one is told', async () => {
      const feed = product(new Feed().nextRow(), 'P').link('productHasBrand', 'P', 'B-404');
      const planned = await stage.plan(feed.nextRow().link('productRelated', 'P', 'P-404'));
      expect(planned).toMatchObject({
        isRefused: true,
        errors: 2,
        errors_: ['UNKNOWN_REFERENCE row 2', 'UNKNOWN_REFERENCE row 3'],
        counts: { objects: { error: 1 } },
      });
    });

    it('to nothing cost the child of a dependent link, and an independent link only itself, when what is wrong is left out', async () => {
      const feed = product(product(new Feed(), 'P').link('productHasBrand', 'P', 'B-404'), 'Q');
      feed.link('productRelated', 'Q', 'P-404').object('variant', 'S', { sku: 'S' }).link('variantOfProduct', 'S', 'P');
      const planned = await stage.plan(feed, { skipInvalid: true });
      expect(planned.isRefused).toBe(false);
      expect([...planned.objects.values()].map(({ reference, status, level }) => [reference, status, level])).toEqual([
        ['P', 'error', -1],
        ['Q', 'processing', 0],
        ['S', 'blocked', -1],
      ]);
      expect(planned.links).toEqual([expect.objectContaining({ tag: 'variantOfProduct', status: 'blocked' })]);
      expect(planned.counts.objects).toEqual({ error: 1, blocked: 1, processing: 1 });
    });

    it('in the row that names them and defines them nowhere are one error', async () => {
      const feed = product(new Feed().object('brand', 'B-404'), 'P').link('productHasBrand', 'P', 'B-404');
      expect((await stage.plan(feed)).errors_).toEqual(['UNKNOWN_REFERENCE row 1']);
      expect((await stage.plan(new Feed().object('brand', 'B-404'))).errors_).toEqual(['UNKNOWN_REFERENCE row 1']);
    });

    it('to a type that needs no field are an object once it is named', async () => {
      const planned = await stage.plan(new Feed().object('location', 'L-1'));
      expect(planned.objects.get('L-1')).toMatchObject({ action: 'create', fields: {}, status: 'processing' });
    });

    it('of earlier batches of the user are known when wanted', async () => {
      await stage.dataSource.query(
        `INSERT INTO user_reference (user_id, object_type, reference, identifier_ids)
         VALUES ('seller-1', 'brand', 'B-OLD', '{"brandId":"7"}'), ('seller-2', 'brand', 'B-OTHERS', '{"brandId":"8"}')`,
      );
      const feed = product(new Feed(), 'P').link('productHasBrand', 'P', 'B-OLD');
      const planned = await stage.plan(feed, { useUserReference: true });
      expect(planned).toMatchObject({ isRefused: false, plan: { create: 1, reference: 1 } });
      expect(planned.objects.get('B-OLD')).toMatchObject({
        action: 'reference',
        identifierIds: { brandId: '7' },
        places: [1, 1],
        level: 0,
      });
      expect(planned.objects.get('P')?.parentsLeft).toBe(1);
      expect((await stage.plan(feed)).errors_).toEqual(['UNKNOWN_REFERENCE row 1']);
      const others = product(new Feed(), 'P').link('productHasBrand', 'P', 'B-OTHERS');
      expect((await stage.plan(others, { useUserReference: true })).errors_).toEqual(['UNKNOWN_REFERENCE row 1']);
    });

    it('mentioned and known from before exist', async () => {
      await stage.dataSource.query(
        `INSERT INTO user_reference (user_id, object_type, reference, identifier_ids)
         VALUES ('seller-1', 'brand', 'B-SEEN', '{"brandId":"9"}')`,
      );
      const feed = product(new Feed().object('brand', 'B-SEEN'), 'P').link('productHasBrand', 'P', 'B-SEEN');
      const planned = await stage.plan(feed, { useUserReference: true });
      expect(planned.objects.get('B-SEEN')).toMatchObject({ action: 'reference', identifierIds: { brandId: '9' } });
    });

    it('into a file that could not be read to its end are not guessed at', async () => {
      const feed = product(new Feed(), 'P').link('productHasBrand', 'P', 'B-404').nextRow().error('INVALID_XML');
      expect((await stage.plan(feed)).errors_).toEqual(['INVALID_XML row 2']);
    });
  });

  describe('a batch that goes on with another', () => {
    it('takes over what was completed and makes no link twice', async () => {
      const first = brand(product(new Feed().nextRow(), 'P').link('productHasBrand', 'P', 'B-1'));
      first.nextRow().object('variant', 'S', { sku: 'S' }).link('variantOfProduct', 'S', 'P-404');
      const before = await stage.plan(first, { skipInvalid: true });
      await stage.complete(before.id);
      const again = product(new Feed().nextRow(), 'P').link('productHasBrand', 'P', 'B-1');
      again.nextRow().object('variant', 'S', { sku: 'S' }).link('variantOfProduct', 'S', 'P');
      const planned = await stage.plan(again, {}, before.id);
      expect(planned).toMatchObject({ isRefused: false, errors_: [] });
      expect(planned.plan).toMatchObject({ create: 1, reference: 2, links: 1, linksMadeBefore: 1 });
      expect(planned.objects.get('P')).toMatchObject({ action: 'reference', identifierIds: { id: 'P' } });
      expect(planned.objects.get('S')).toMatchObject({ action: 'create', parentsLeft: 1 });
    });
  });

  describe('objects that exist', () => {
    const ids = { identifierIds: { productId: '1' } };

    it('are only referred to, or changed when that is wanted', async () => {
      const feed = new Feed().object('product', 'P', { price: '2.00' }, ids).object('variant', 'S', null, ids);
      const referred = await stage.plan(feed);
      expect(referred.objects.get('P')?.action).toBe('reference');
      const changed = await stage.plan(feed, { existing: 'update' });
      expect(changed.objects.get('P')).toMatchObject({ action: 'update', fields: { price: '2.00' } });
      expect(changed.objects.get('S')?.action).toBe('reference');
    });

    it('cannot be children of a link that is made together with its child', async () => {
      const feed = brand(new Feed().object('product', 'P', null, ids)).link('productHasBrand', 'P', 'B-1');
      const refused = await stage.plan(feed);
      expect(refused.errors_).toEqual(['DEPENDENT_LINK_ON_EXISTING_CHILD row 1']);
      const skipped = await stage.plan(feed, { skipInvalid: true });
      expect(skipped.objects.get('P')).toMatchObject({ status: 'processing', parentsLeft: 0 });
      expect(skipped.links).toEqual([]);
    });

    it('go on although a parent is wrong; only their link does not', async () => {
      const wrong = new Feed();
      wrong.object('category', 'C', { name: 'C' }, { errors: [wrong.fault('INVALID_VALUE')] });
      wrong.object('product', 'P', null, ids).link('productInCategory', 'P', 'C');
      const planned = await stage.plan(wrong, { skipInvalid: true });
      expect(planned.objects.get('P')).toMatchObject({ status: 'processing', parentsLeft: 0, level: 0 });
      expect(planned.links).toEqual([expect.objectContaining({ status: 'blocked' })]);
    });
  });

  it('asks for required links, but not where the row could not say whose they are', async () => {
    const feed = new Feed().nextRow().object('variant', 'S-1', { sku: 'S-1' });
    feed.nextRow().error('MISSING_REFERENCE').object('variant', 'S-2', { sku: 'S-2' });
    const planned = await stage.plan(feed, { skipInvalid: true });
    expect(planned.errors_).toEqual(['MISSING_REQUIRED_LINK row 2', 'MISSING_REFERENCE row 3']);
    expect(planned.counts.objects).toEqual({ error: 2 });
    expect(planned.objects.get('S-2')?.errors).toMatchObject([{ code: 'MISSING_REQUIRED_LINK' }]);
  });

  it("keeps the reader's own errors with their objects, also of one that has no reference", async () => {
    const feed = new Feed().nextRow();
    feed.object('product', null, { title: 'T' }, { errors: [feed.fault('MISSING_REFERENCE')] });
    feed.nextRow().object('widget', 'W', {}, { errors: [feed.fault('UNKNOWN_OBJECT_TYPE')] });
    product(feed, 'P').link('noSuchTag', 'P', 'X', { errors: [feed.fault('INVALID_LINK_TAG')] });
    feed.link('productRelated', 'P', 'P', { errors: [feed.fault('SELF_LINK_NOT_ALLOWED')] });
    const planned = await stage.plan(feed, { skipInvalid: true });
    expect(planned.errors).toBe(4);
    expect(planned.errors_).toEqual([
      'MISSING_REFERENCE row 2',
      'INVALID_LINK_TAG row 3',
      'SELF_LINK_NOT_ALLOWED row 3',
      'UNKNOWN_OBJECT_TYPE row 3',
    ]);
    expect(planned.objects.get(null)).toMatchObject({ status: 'error', errors: [{ code: 'MISSING_REFERENCE' }] });
    expect(planned.objects.get('P')?.status).toBe('processing');
  });

  describe('cycles', () => {
    const ring = (...codes: string[]): Feed => {
      const feed = new Feed();
      for (const [index, code] of codes.entries()) {
        feed.nextRow().object('category', code, { name: code });
        feed.link('categoryParent', code, codes[(index + 1) % codes.length] as string);
      }
      return feed;
    };

    it('are told once, from the shortest name, and block what hangs on them', async () => {
      const feed = product(ring('C-LONG', 'C-B', 'C-A').nextRow(), 'P').link('productInCategory', 'P', 'C-LONG');
      const planned = await stage.plan(feed, { skipInvalid: true });
      expect(planned.errors_).toEqual(['DEPENDENCY_CYCLE row 4']);
      expect(planned.messages[0]).toBe(
        'These need one another: category "C-A" -> category "C-LONG" -> category "C-B" -> category "C-A"',
      );
      expect(planned.counts).toEqual({ objects: { error: 3, blocked: 1 }, links: { error: 3, blocked: 1 } });
      for (const code of ['C-A', 'C-B', 'C-LONG']) {
        expect(planned.objects.get(code)?.errors).toMatchObject([{ code: 'DEPENDENCY_CYCLE' }]);
      }
    });

    it('may have one member', async () => {
      expect((await stage.plan(ring('C-1'))).errors_).toEqual(['DEPENDENCY_CYCLE row 2']);
    });

    it('are broken at a deferrable link when wanted', async () => {
      const feed = product(new Feed().nextRow(), 'P').link('productInCategory', 'P', 'C');
      feed.nextRow().object('category', 'C', { name: 'C' }).link('categoryHero', 'C', 'P');
      expect((await stage.plan(feed)).errors_).toEqual(['DEPENDENCY_CYCLE row 3']);
      const deferred = await stage.plan(feed, { cycle: 'defer' });
      expect(deferred).toMatchObject({ isRefused: false, warnings_: ['LINK_DEFERRED row 3'] });
      expect(deferred.links).toMatchObject([
        { tag: 'productInCategory', kind: 'separate' },
        { tag: 'categoryHero', kind: 'independent' },
      ]);
      expect(deferred.objects.get('C')).toMatchObject({ parentsLeft: 0, level: 0 });
      expect(deferred.plan.linkRequests).toBe(2);
    });
  });

  it('stops at the number of errors that a batch allows', async () => {
    const feed = new Feed();
    for (let row = 0; row < 20; row++) product(feed.nextRow(), `P-${row}`).link('productHasBrand', `P-${row}`, 'B-404');
    const planned = await stage.plan(feed, { skipInvalid: true, maxErrors: 5 });
    expect(planned).toMatchObject({ isRefused: true, errors: 20 });
    expect(planned.errors_).toHaveLength(6);
  });

  it('keeps properties of links', async () => {
    const feed = product(new Feed(), 'P').object('variant', 'S', { sku: 'S' }).link('variantOfProduct', 'S', 'P');
    feed.object('location', 'L').link('variantStockedAt', 'S', 'L', { properties: { qty: 3 } });
    const planned = await stage.plan(feed);
    expect(planned.links.map(({ properties }) => properties)).toEqual([null, { qty: 3 }]);
  });
});
