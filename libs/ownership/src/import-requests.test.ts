import { migrate } from '@lockstep/database';
import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Owned, refuse } from './index.js';
import { askFor, askForPairs, owned, ThingOwner } from './things.fixture.js';

describeWithEngines('what an import asks of an owner', (engines) => {
  let database: TestDatabase;
  let owner: ThingOwner;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    owner = await ThingOwner.open(database.url);
    await migrate(owner.dataSource);
  });

  afterAll(async () => {
    await owner?.dataSource.destroy();
    await database?.remove();
  });

  const answersTo = async (prefix: string, count: number) => {
    const ids = Array.from({ length: count }, (_, index) => `${prefix}:${index}`);
    const told = await owner.toldOf(ids);
    return ids.map((id) => told.filter((item) => item.id === id));
  };

  it('is done and answered with ids, each item once', async () => {
    const verdict = await owner.requests().takeObjects(askFor('a', [{ name: 'a-1' }, { name: 'a-2', weight: 5 }]));
    expect(verdict).toEqual({ kind: 'ack' });
    const [[first], [second]] = await answersTo('a', 2);
    expect(first).toMatchObject({ status: 'complete', identifierIds: { thingId: expect.stringMatching(/^\d+$/) } });
    expect(second).toMatchObject({ status: 'complete', errorsFound: [] });
    expect(await owner.names('a-%')).toEqual(['a-1', 'a-2']);
  });

  it('is answered as the first time when it comes again, and nothing is made twice', async () => {
    const request = askFor('b', [{ name: 'b-1' }, { name: 'a-1' }]);
    await owner.requests().takeObjects(request);
    await owner.requests().takeObjects({ ...request, attempt: 2 });
    for (const answers of await answersTo('b', 2)) expect(answers[1]).toEqual(answers[0]);
    expect((await answersTo('b', 2)).map((answers) => answers.map(({ status }) => status))).toEqual([
      ['complete', 'complete'],
      ['error', 'error'],
    ]);
    expect(await owner.names('b-%')).toEqual(['b-1']);
  });

  it('is made once by replicas that get the same request at the same time, and answered by all alike', async () => {
    const names = Array.from({ length: 50 }, (_, index) => ({ name: `c-${index}` }));
    const replicas = Array.from({ length: 6 }, () => owner.requests().takeObjects(askFor('c', names)));
    await Promise.all(replicas);
    expect(await owner.names('c-%')).toHaveLength(50);
    for (const answers of await answersTo('c', 50)) {
      expect(answers).toHaveLength(6);
      for (const answer of answers) expect(answer).toEqual({ ...answers[0], status: 'complete' });
    }
  });

  it('costs neighbours nothing when one item is wrong, whoever finds it', async () => {
    await owner
      .requests()
      .takeObjects(
        askFor('d', [
          { name: 'd-1' },
          { weight: 1 },
          { name: 5 },
          { name: 'd-4', size: 'L' },
          { name: 'a-1' },
          { name: 'd-6', weight: 1_000 },
          { name: 'd-7' },
          { name: 'd-1' },
        ]),
      );
    const answers = (await answersTo('d', 8)).flat();
    expect(answers.map(({ status }) => status === 'complete')).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(answers.map(({ errorsFound: [fault] }) => fault && [fault.code, fault.field])).toEqual([
      undefined,
      ['MISSING_REQUIRED_FIELD', 'name'],
      ['INVALID_VALUE', 'name'],
      ['INVALID_VALUE', 'size'],
      ['NAME_TAKEN', 'name'],
      ['CREATE_FAILED', null],
      undefined,
      ['NAME_TAKEN', 'name'],
    ]);
    expect(answers[5]?.errorsFound[0]?.message).toContain('thing_weight_check');
    expect(await owner.names('d-%')).toEqual(['d-1', 'd-7']);
  });

  it('is tried again in another request after it was refused, but not what was done', async () => {
    await owner.requests().takeObjects(askFor('e', [{ name: 'e-1' }, { name: 'a-2' }]));
    await owner.dataSource.query(`DELETE FROM thing WHERE name IN ('a-2', 'e-1')`);
    await owner.requests().takeObjects(askFor('e', [{ name: 'e-1' }, { name: 'a-2' }], { attempt: 2 }));
    expect(await owner.names('a-2'), 'the same request').toEqual([]);
    await owner.requests().takeObjects(askFor('e', [{ name: 'e-1' }, { name: 'a-2' }], { dispatchId: 'e-2' }));
    expect(await owner.names('a-2'), 'another request').toEqual(['a-2']);
    expect(await owner.names('e-1')).toEqual([]);
    expect((await answersTo('e', 2)).map((answers) => answers.map(({ status }) => status))).toEqual([
      ['complete', 'complete', 'complete'],
      ['error', 'error', 'complete'],
    ]);
  });

  it('is decided anew each time when the refusal may pass', async () => {
    let isBusy = true;
    const busy: Owned = {
      objects: {
        thing: {
          create: async (manager, items) => {
            if (!isBusy) return owned.objects['thing']!.create!(manager, items);
            const { faults } = refuse('BUSY', 'Not now.');
            return items.map(() => ({ kind: 'refused', faults: faults.map((each) => ({ ...each, retryable: true })) }));
          },
        },
      },
      links: {},
    };
    await owner.requests(busy).takeObjects(askFor('f', [{ name: 'f-1' }]));
    isBusy = false;
    await owner.requests(busy).takeObjects(askFor('f', [{ name: 'f-1' }]));
    expect((await answersTo('f', 1))[0]?.map(({ status }) => status)).toEqual(['error', 'complete']);
  });

  it('leaves nothing behind when the transaction fails after the work', async () => {
    const failing: Owned = {
      objects: {
        thing: {
          create: async (manager, items) => {
            await owned.objects['thing']!.create!(manager, items);
            throw new Error('the process dies here');
          },
        },
      },
      links: {},
    };
    const request = askFor('g', [{ name: 'g-1' }]);
    await expect(owner.requests(failing).takeObjects(request)).rejects.toThrow('dies here');
    expect([await owner.names('g-%'), (await answersTo('g', 1)).flat()]).toEqual([[], []]);
    await owner.requests().takeObjects(request);
    expect(await owner.names('g-%')).toEqual(['g-1']);
  });

  it.each([
    ['of a type that the owner does not have', { objectType: 'widget' }, 'UNKNOWN_OBJECT_TYPE'],
    ['of a type that every object has', { objectType: 'constructor' }, 'UNKNOWN_OBJECT_TYPE'],
  ])('is refused item by item when it is %s', async (what, change, code) => {
    await owner.requests().takeObjects(askFor(what, [{ name: 'x' }, { name: 'y' }], change));
    expect((await answersTo(what, 2)).flat().map(({ errorsFound }) => errorsFound[0]?.code)).toEqual([code, code]);
  });

  it('is refused for an action that the type does not have', async () => {
    const request = askFor('h', [{ name: 'h-1' }]);
    const items = request.items.map((item) => ({ ...item, action: 'update' as const }));
    await owner.requests().takeObjects({ ...request, items });
    expect((await answersTo('h', 1)).flat()[0]?.errorsFound[0]?.code).toBe('UNSUPPORTED_ACTION');
  });

  it('is answered for items that are malformed, and parked when nobody can be answered', async () => {
    const request = askFor('i', [{ name: 'i-1' }, { name: 'i-2' }, { name: 'i-3' }]);
    const [first, second, third] = request.items;
    const broken = [first, { ...second, parents: 'none' }, { ...third, pendingObjectId: 7 }] as typeof request.items;
    expect(await owner.requests().takeObjects({ ...request, items: broken })).toEqual({ kind: 'ack' });
    expect((await answersTo('i', 3)).map((answers) => answers.map(({ status }) => status))).toEqual([
      ['complete'],
      ['error'],
      [],
    ]);
    const verdict = await owner.requests().takeObjects({ ...request, items: [null, 5] as never });
    expect(verdict).toMatchObject({ kind: 'dead', reason: expect.stringContaining('ITEM_WITHOUT_ID') });
  });

  it('answers an item that a request holds twice, and makes it once', async () => {
    const request = askFor('j', [{ name: 'j-1' }]);
    await owner.requests().takeObjects({ ...request, items: [...request.items, ...request.items] });
    expect(await answersTo('j', 1)).toMatchObject([[{ status: 'complete' }, { status: 'complete' }]]);
    expect(await owner.names('j-%')).toEqual(['j-1']);
  });

  it('makes links or finds them there, also when asked under other keys', async () => {
    const pairs: [number, number][] = [
      [1, 2],
      [1, 3],
      [1, 2],
    ];
    await owner.requests().takeLinks(askForPairs('k', pairs));
    await owner.requests().takeLinks(askForPairs('l', pairs));
    expect((await answersTo('l', 3)).flat()).toMatchObject(Array(3).fill({ status: 'complete', identifierIds: null }));
    expect(await owner.dataSource.query('SELECT count(*)::int AS pairs FROM pair')).toEqual([{ pairs: 2 }]);
    await owner.requests().takeLinks(askForPairs('m', [[1, 2]], 'triple'));
    expect((await answersTo('m', 1)).flat()[0]?.errorsFound[0]?.code).toBe('INVALID_LINK_TAG');
  });

  it('looks objects up', async () => {
    const request = askFor('n', [{}, {}]);
    const items = request.items.map((item, index) => ({
      ...item,
      action: 'reference' as const,
      identifierIds: { thingId: index === 0 ? '1' : '987654' },
    }));
    await owner.requests().takeObjects({ ...request, items });
    expect((await answersTo('n', 2)).flat()).toMatchObject([
      { status: 'complete', identifierIds: { thingId: '1' } },
      { status: 'error', errorsFound: [{ code: 'REFERENCE_NOT_FOUND' }] },
    ]);
  });
});
