import { createTestDatabase, waitFor } from '@lockstep/testing';
import { Controller, Global, type INestApplication, Logger, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { BrokerPlace } from './broker/broker.conformance.js';
import { BROKER, type Broker } from './broker/broker.js';
import { describeOnEveryBroker } from './broker/broker-places.conformance.js';
import { makeNote, type NoteV1, noteMessage } from './broker/note.fixture.js';
import {
  ack,
  DEAD_LETTER_LISTENER,
  type DeadLetterListener,
  DeadLetters,
  dead,
  type HandlerContext,
  MessagePublisher,
  MessagingCounters,
  MessagingHealth,
  MessagingModule,
  type MessagingOptions,
  MessagingServer,
  Outbox,
  type ParkedLetter,
  QueueHandler,
  type ReceivedMessage,
  retry,
  type Verdict,
} from './index.js';
import { createServiceDatabase, type ServiceDatabase } from './service-database.fixture.js';

class EngineGoneError extends Error {}

const note = makeNote({ retryDelaysMs: [100, 200] });
const other = makeNote();

/** What the handler did, and how it should behave; reset for each test. */
const scene = {
  handled: [] as string[],
  contexts: [] as HandlerContext[],
  attempts: [] as number[],
  behave: async (_text: string): Promise<void> => undefined,
};

@Controller()
class NoteConsumer {
  constructor(private readonly counters: MessagingCounters) {}

  @QueueHandler(note.queue, { batchSize: 10, batchWaitMs: 50 })
  async handle(batch: ReceivedMessage<NoteV1>[], context: HandlerContext): Promise<Verdict[]> {
    // Proves that the class is injected as any other.
    this.counters.samples();
    scene.contexts.push(context);
    for (const { payload } of batch) await scene.behave(payload.text);
    scene.handled.push(...batch.map(({ payload }) => payload.text));
    scene.attempts.push(...batch.map(({ attempt }) => attempt));
    return batch.map(({ payload, attempt }) => {
      if (payload.text === 'park') return dead('PARKED: as asked');
      return payload.text === 'retry' && attempt === 1 ? retry('ONCE_MORE') : ack();
    });
  }
}

@Controller()
class SecondConsumer {
  @QueueHandler(note.queue)
  async handle(batch: ReceivedMessage<NoteV1>[]): Promise<Verdict[]> {
    return batch.map(ack);
  }
}

@Controller()
class StrangerConsumer {
  @QueueHandler(other.queue)
  async handle(batch: ReceivedMessage<NoteV1>[]): Promise<Verdict[]> {
    return batch.map(ack);
  }
}

const told: ParkedLetter[] = [];
const listener: DeadLetterListener = {
  parked: async (letters) => {
    told.push(...letters);
  },
};

@Global()
@Module({ providers: [{ provide: DEAD_LETTER_LISTENER, useValue: listener }], exports: [DEAD_LETTER_LISTENER] })
class ListenerModule {}

describeOnEveryBroker('A service with messages', ({ engines, makePlace, unreachableUrl }) => {
  let place: BrokerPlace;
  let database: ServiceDatabase;
  let dataSource: DataSource;
  let running: INestApplication | undefined;

  beforeAll(async () => {
    place = await makePlace();
    database = await createServiceDatabase(await createTestDatabase(engines));
    dataSource = await database.open();
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    scene.handled = [];
    scene.attempts = [];
    scene.behave = async () => undefined;
    told.length = 0;
    await dataSource?.query('TRUNCATE dead_letter');
  });
  afterAll(async () => {
    await database?.remove();
    await place?.remove();
  });

  async function compile(controllers: Type[], options: Partial<MessagingOptions> = {}): Promise<TestingModule> {
    @Global()
    @Module({ providers: [{ provide: DataSource, useValue: dataSource }], exports: [DataSource] })
    class DataModule {}

    const messaging = MessagingModule.forService({
      service: 'tcs',
      url: place.url,
      publishes: [note.definition],
      catalogue: [note.definition],
      ...options,
    });
    const providers = [{ provide: APP_GUARD, useValue: { canActivate: () => false } }];
    const testing = Test.createTestingModule({
      imports: [DataModule, ListenerModule, messaging],
      controllers,
      providers,
    });
    const compiled = await testing.compile();
    Logger.overrideLogger(false);
    return compiled;
  }

  async function start(controllers: Type[], options: Partial<MessagingOptions> = {}): Promise<INestApplication> {
    const testing = await compile(controllers, options);
    const service = testing.createNestApplication({ logger: false });
    running = service;
    service.connectMicroservice({ strategy: testing.get(MessagingServer) }, { inheritAppConfig: false });
    await service.startAllMicroservices();
    return service;
  }

  const handled = (...texts: string[]) =>
    waitFor(texts.join(), () => [...scene.handled].sort(), {
      until: (seen) => JSON.stringify(seen) === JSON.stringify([...texts].sort()),
    });

  it('publishes, handles in batches and acknowledges, whatever guards HTTP', async () => {
    const service = await start([NoteConsumer]);
    const publisher = service.get(MessagePublisher);
    await Promise.all([
      publisher.publish(note.definition, { text: '1' }),
      publisher.publish(note.definition, Buffer.from('{"text":"2"}')),
      publisher.publish(note.definition, { text: '3' }, { runId: 'r', sequence: 3 }),
    ]);
    await handled('1', '2', '3');
    expect(scene.contexts.at(-1)).toMatchObject({ queue: note.queue.name });
    const counters = service.get(MessagingCounters);
    await waitFor('the acks', () => counters.total('messaging_settled_total', { verdict: 'ack' }) === 3);
    expect(counters.total('messaging_published_total', { outcome: 'confirmed' })).toBe(3);
    expect(counters.total('messaging_batch_messages_total')).toBe(3);
  });

  it('refuses to publish what it did not declare', async () => {
    const service = await start([NoteConsumer]);
    const publishing = service.get(MessagePublisher).publish(other.definition, { text: 'x' });
    await expect(publishing).rejects.toMatchObject({ name: 'UndeclaredMessageError' });
  });

  it.each<[string, Type[], Partial<MessagingOptions>, RegExp]>([
    [
      'a queue has no handler',
      [],
      {},
      /has no handler: add @QueueHandler\(test\.queue\..*\) to a controller of TcsModule/,
    ],
    ['a queue has two handlers', [NoteConsumer, SecondConsumer], {}, /has several handlers: keep one/],
    ['a handler is for no queue of its own', [NoteConsumer, StrangerConsumer], {}, /is not a queue of tcs: remove/],
    ['a message is not declared', [NoteConsumer], { publishes: [] }, /is not declared: add it to 'publishes'/],
  ])('does not start, nor connect, when %s', async (_what, controllers, options, expected) => {
    // A broker that cannot be reached: the check comes first, or this would end with a refused connection.
    const started = start(controllers, { ...options, url: unreachableUrl, initialMaxRetries: 0 });
    await expect(started).rejects.toThrow(expected);
  });

  it('costs the neighbours of a poison message nothing', async () => {
    const service = await start([NoteConsumer]);
    const poison = makePoison('poison');
    scene.behave = poison.behave;
    const publisher = service.get(MessagePublisher);
    await Promise.all(['a', 'poison', 'b'].map((text) => publisher.publish(note.definition, { text })));
    await service.get<Broker>(BROKER).publish(noteMessage(note, '', { body: Buffer.from('{"text":') }));
    await handled('a', 'b');
    const letters = await waitFor('both letters', () => told.map(({ reason }) => reason).sort(), {
      until: (reasons) => reasons.length === 2,
    });
    expect(letters).toEqual(['HANDLER_FAILED: RangeError: cannot digest', 'UNREADABLE_JSON: not JSON']);
    // Tried with its neighbours and alone at first, then alone after each wait.
    expect(poison.attempts()).toBeGreaterThanOrEqual(4);
    // The listener is told before the commit.
    const listed = () => service.get(DeadLetters).list({ state: 'parked' }, { page: 1, pageSize: 10 });
    const { items } = await waitFor('both to be stored', listed, { until: (page) => page.items.length === 2 });
    expect(items.map(({ attempts }) => attempts).sort()).toEqual([1, 3]);
  });

  it('does as the verdict says', async () => {
    const service = await start([NoteConsumer]);
    const publisher = service.get(MessagePublisher);
    await publisher.publish(note.definition, { text: 'retry' });
    await publisher.publish(note.definition, { text: 'park' }, { runId: 'run-9' });
    await waitFor('the second attempt', () => scene.attempts.includes(2));
    await waitFor('the letter', () => told.length);
    expect(told).toMatchObject([{ reason: 'PARKED: as asked', runId: 'run-9', attempts: 1 }]);
  });

  it('keeps its batch while an engine is gone, says so, and burns no attempt', async () => {
    let isGone = true;
    scene.behave = async () => {
      if (isGone) throw new EngineGoneError('ECONNREFUSED');
    };
    const service = await start([NoteConsumer], { isEngineUnavailable: (error) => error instanceof EngineGoneError });
    const health = service.get(MessagingHealth);
    expect(health.check()).toEqual({
      connected: true,
      blocked: false,
      consumersRegistered: true,
      queuesNotConsumed: [],
      degraded: [],
    });
    await service.get(MessagePublisher).publish(note.definition, { text: 'patient' });
    await waitFor('degraded', () => health.check().degraded.length);
    expect(health.check()).toMatchObject({ consumersRegistered: true, degraded: [note.queue.name] });
    isGone = false;
    await handled('patient');
    expect(scene.attempts).toEqual([1]);
    expect(health.check().degraded).toEqual([]);
  });

  it('drains: finishes what is in hand and leaves the rest to the next', async () => {
    const service = await start([NoteConsumer]);
    let isStarted = false;
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    scene.behave = async () => {
      isStarted = true;
      await finished;
    };
    const publisher = service.get(MessagePublisher);
    await publisher.publish(note.definition, { text: 'in hand' });
    await waitFor('the handler', () => isStarted);
    await publisher.publish(note.definition, { text: 'waiting' });
    const closing = service.close();
    const health = service.get(MessagingHealth);
    await waitFor('it to take nothing any more', () => !health.check().consumersRegistered);
    finish();
    await closing;
    expect(scene.handled).toEqual(['in hand']);
    expect(service.get(MessagingHealth).check()).toMatchObject({ connected: false, consumersRegistered: false });
    await start([NoteConsumer]);
    await handled('in hand', 'waiting');
    expect(scene.attempts).toEqual([1, 1]);
  });

  it('gives back at shutdown what waits for an engine', async () => {
    scene.behave = async () => {
      throw new EngineGoneError();
    };
    const service = await start([NoteConsumer], { isEngineUnavailable: () => true });
    await service.get(MessagePublisher).publish(note.definition, { text: 'held' });
    await waitFor('degraded', () => service.get(MessagingHealth).check().degraded.length);
    const startedAt = performance.now();
    await service.close();
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    scene.behave = async () => undefined;
    await start([NoteConsumer]);
    await handled('held');
    expect(scene.attempts).toEqual([1]);
  });

  it('sends with a commit, and only then', async () => {
    const service = await start([NoteConsumer]);
    const outbox = service.get(Outbox);
    await dataSource.transaction((manager) => outbox.add(manager, note.definition, { text: 'committed' }));
    await handled('committed');
    await waitFor('an empty outbox', async () => (await outbox.backlog()).count === 0);
  });
});

function makePoison(text: string) {
  let attempts = 0;
  return {
    attempts: () => attempts,
    behave: async (given: string): Promise<void> => {
      if (given !== text) return;
      attempts += 1;
      throw new RangeError('cannot digest');
    },
  };
}
