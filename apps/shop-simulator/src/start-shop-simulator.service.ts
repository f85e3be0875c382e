import 'reflect-metadata';
import { type LoggerService, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Behaviour, BehaviourBody } from './behaviour.js';
import { CallLog, type LoggedCall } from './call-log.js';
import { CallbackSender } from './callback-sender.js';
import { Conduct } from './conduct.js';
import { ShopSimulatorModule } from './shop-simulator.module.js';
import { type ShopProduct, StockRoom } from './stock-room.js';

/** Larger than any call. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/** A simulated shop that listens. */
export interface ShopSimulator {
  /** Where the shop is called. */
  readonly shopUrl: string;
  /** Where the simulator itself is asked: `PUT /api/behaviour`, `GET /api/calls`, `GET /api/products`. */
  readonly url: string;
  readonly port: number;
  behave(body: BehaviourBody): Behaviour;
  calls(): readonly LoggedCall[];
  products(): readonly ShopProduct[];
  /** Sends a result that is held; false when there is none. */
  release(requestId: string): Promise<boolean>;
  stop(): Promise<void>;
}

export interface SimulatorOptions {
  /** @default 0: any that is free */
  readonly port?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** The first id that the shop gives to anything; one that is started again must not give ids twice. @default 900101 */
  readonly firstId?: number;
  /** @default false: silent */
  readonly logger?: LoggerService | false;
}

/** Starts a shop. It needs no engines and forgets everything when it ends. */
export async function startShopSimulator(options: SimulatorOptions = {}): Promise<ShopSimulator> {
  const { port = 0, host = '127.0.0.1', logger = false, firstId } = options;
  const app = await NestFactory.create<NestExpressApplication>(ShopSimulatorModule, {
    logger,
    abortOnError: false,
    bodyParser: false,
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  app.useBodyParser('json', { limit: BODY_LIMIT_BYTES });
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
  if (firstId !== undefined) app.get(StockRoom).startAt(firstId);
  await app.listen(port, host);
  const { port: taken } = app.getHttpServer().address() as { port: number };
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${taken}`;
  return {
    url,
    shopUrl: `${url}/rpc`,
    port: taken,
    behave: (body) => app.get(Conduct).change(body),
    calls: () => app.get(CallLog).list(),
    products: () => app.get(StockRoom).list(),
    release: (requestId) => app.get(CallbackSender).release(requestId),
    stop: () => app.close(),
  };
}
