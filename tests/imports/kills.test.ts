import { describeOnEveryEngine, startService, waitFor } from '@lockstep/testing';
import { expect, it } from 'vitest';
import { useStage } from '../stage/stage.js';
import { importAll, linesOf, submit, untilEnded } from './importing.js';
import { uploadFolder } from './upload-folder.js';

/** Sets of products and the orders of one of each, under one seller: every service waits for another. */
function* catalogue(prefix: string, count: number): Iterable<object> {
  for (let each = 0; each < count; each++) {
    const ref = `${prefix}-${each}`;
    yield {
      type: 'orderLine',
      ref: `L-${ref}`,
      fields: { qty: 1 },
      links: [to('lineOfOrder', `O-${ref}`), to('lineForVariant', `V-${ref}`)],
    };
    yield {
      type: 'order',
      ref: `O-${ref}`,
      fields: { no: `N-${ref}` },
      links: [to('orderForCustomer', `U-${prefix}`)],
    };
    yield {
      type: 'variant',
      ref: `V-${ref}`,
      fields: { sku: `SKU-${ref}` },
      links: [to('variantOfProduct', `P-${ref}`)],
    };
    yield { type: 'product', ref: `P-${ref}`, fields: { title: ref }, links: [to('productOfSeller', `S-${prefix}`)] };
  }
  yield { type: 'seller', ref: `S-${prefix}`, fields: { name: prefix, active: true } };
  yield { type: 'customer', ref: `U-${prefix}`, fields: { email: `${prefix}@example.org` } };
}

function to(tag: string, ref: string): object {
  return { tag, ref };
}

describeOnEveryEngine('imports whose services are killed', (engines) => {
  const settings = {
    IMPORT_UPLOAD_DIR: uploadFolder(),
    LEASE_SECONDS: '1',
    // Small requests, so that many are under way when somebody dies, asked again soon.
    IMPORT_OBJECTS_PER_MESSAGE: '50',
    IMPORT_CLAIM_SECONDS: '1',
    IMPORT_ANSWER_SECONDS: '5',
    IMPORT_FIRST_BACKOFF_MS: '100',
    // An owner that starts on a busy machine is asked often before it answers.
    IMPORT_MAX_ATTEMPTS: '50',
  };
  const stage = useStage(engines, { services: ['import', 'shop-update', 'returns'], settings });
  const COUNT = 600;

  /** What the owners have of a catalogue, and how often its end was told. */
  async function whatIsThere(prefix: string, importBatchId: string): Promise<object> {
    const [counts] = await stage.query<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM shop_update.seller WHERE name = $1) AS sellers,
              (SELECT count(*)::int FROM shop_update.product_set WHERE name LIKE $1 || '-%') AS sets,
              (SELECT count(*)::int FROM shop_update.product WHERE seller_sku LIKE 'SKU-' || $1 || '-%') AS products,
              (SELECT count(*)::int FROM returns."order" WHERE customer_order_number LIKE 'N-' || $1 || '-%') AS orders,
              (SELECT count(*)::int FROM returns.order_item i JOIN shop_update.product p ON p.id = i.product_id
                WHERE p.seller_sku LIKE 'SKU-' || $1 || '-%') AS lines,
              (SELECT count(*)::int FROM import.import_event WHERE batch_id = $2 AND type = 'end') AS ends`,
      [prefix, importBatchId],
    );
    return counts as object;
  }
  const everything = { sellers: 1, sets: COUNT, products: COUNT, orders: COUNT, lines: COUNT, ends: 1 };
  const complete = { importBatchStatus: 'complete', processingError: false };

  const untilSomeAreMade = (importBatchId: string) =>
    waitFor(
      'some objects to be made',
      async () => {
        const { body } = await stage.call<{ counts: { objects: Record<string, number> } }>(
          'import',
          'GET',
          `/api/imports/${importBatchId}`,
        );
        return body.counts?.objects['complete'] ?? 0;
      },
      { until: (made) => made > 50, everyMs: 10 },
    );

  it.each(['import', 'shop-update', 'returns'] as const)(
    'go on after a SIGKILL of %s, and make nothing twice',
    async (app) => {
      const prefix = `kill-${app}`;
      const importBatchId = await submit(stage, [linesOf(catalogue(prefix, COUNT))]);
      for (let time = 0; time < 3; time++) {
        await untilSomeAreMade(importBatchId);
        await stage.stop(app, 'SIGKILL');
        await stage.start(app);
      }
      expect(await untilEnded(stage, importBatchId)).toMatchObject(complete);
      expect(await whatIsThere(prefix, importBatchId)).toEqual(everything);
    },
  );

  it('share their work between two replicas, one of which dies', async () => {
    const second = await startService({ app: 'import', env: stage.env() });
    try {
      const prefixes = ['first', 'other', 'third'];
      const batches = await Promise.all(prefixes.map((prefix) => submit(stage, [linesOf(catalogue(prefix, COUNT))])));
      await untilSomeAreMade(batches[0] as string);
      await second.kill('SIGKILL');
      for (const [index, importBatchId] of batches.entries()) {
        expect(await untilEnded(stage, importBatchId)).toMatchObject(complete);
        expect(await whatIsThere(prefixes[index] as string, importBatchId)).toEqual(everything);
      }
    } finally {
      await second.kill('SIGKILL');
    }
  });

  it('stay as they ended: nothing is told or made later', async () => {
    const batch = await importAll(stage, [linesOf(catalogue('late', 20))]);
    await waitFor('no message to be left', () => stage.countMessages(), {
      until: (count) => count === 0,
    });
    expect(await whatIsThere('late', batch.importBatchId)).toEqual({
      ...everything,
      sets: 20,
      products: 20,
      orders: 20,
      lines: 20,
    });
  });
});
