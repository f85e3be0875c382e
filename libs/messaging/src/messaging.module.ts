import { messages } from '@lockstep/contracts';
import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BROKER, type Broker } from './broker/broker.js';
import { MessagingCounters } from './counters.js';
import { createBroker } from './create-broker.js';
import { DeadLetterArchiver } from './dead-letters/dead-letter.archiver.js';
import { DeadLetterReplayer } from './dead-letters/dead-letter.replayer.js';
import { DeadLetterStore } from './dead-letters/dead-letter.store.js';
import { DeadLetters } from './dead-letters/dead-letters.js';
import { MessagingServer } from './handling/messaging.server.js';
import { MessagingRuntime } from './messaging.runtime.js';
import { MessagingHealth } from './messaging-health.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { Outbox } from './outbox/outbox.js';
import { OutboxRelay } from './outbox/outbox.relay.js';
import { MessagePublisher } from './publishing/message.publisher.js';
import { MessageComposer } from './publishing/message-composer.js';

/**
 * Everything a service needs to publish and to consume, for the whole application. Expects a `DataSource` provided
 * globally whose migrations contain `messagingMigrations`. Consuming starts with the microservice:
 *
 * @example
 * ```ts
 * MessagingModule.forService({ service: 'tcs', publishes: [traineeSyncData], url: config.rabbitmqUrl })
 * app.connectMicroservice({ strategy: app.get(MessagingServer) }, { inheritAppConfig: false });
 * await app.startAllMicroservices();
 * ```
 */
@Module({})
export class MessagingModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(private readonly runtime: MessagingRuntime) {}

  static forService(options: MessagingOptions): DynamicModule {
    const services = [MessagingHealth, MessagingServer, MessagePublisher, Outbox, DeadLetters, MessagingCounters];
    return {
      module: MessagingModule,
      global: true,
      providers: [
        ...services,
        { provide: MESSAGING_OPTIONS, useValue: options },
        { provide: MessageComposer, useFactory: () => composerFor(options) },
        {
          provide: BROKER,
          useFactory: (counters: MessagingCounters) => brokerFor(options, counters),
          inject: [MessagingCounters],
        },
        MessagingRuntime,
        OutboxRelay,
        DeadLetterArchiver,
        DeadLetterReplayer,
        DeadLetterStore,
      ],
      exports: [...services, BROKER],
    };
  }

  /** Before HTTP is closed, because what is in hand may still answer a waiting request. */
  beforeApplicationShutdown(): Promise<void> {
    return this.runtime.drain();
  }

  // Nest closes the transport before this; here for an application that published without ever consuming.
  onApplicationShutdown(): Promise<void> {
    return this.runtime.close();
  }
}

function composerFor({ service, publishes, mayPublish, checkPayloads }: MessagingOptions): MessageComposer {
  const isProduction = process.env['NODE_ENV'] === 'production';
  return new MessageComposer({ service, publishes, mayPublish, checkPayloads: checkPayloads ?? !isProduction });
}

function brokerFor(options: MessagingOptions, counters: MessagingCounters): Broker {
  const { url, service, publishes, topology, initialMaxRetries, catalogue = messages } = options;
  const exchanges = [...new Set(publishes.map((message) => message.exchange))];
  return createBroker({ url, service, catalogue, exchanges, topology, initialMaxRetries, counters });
}
