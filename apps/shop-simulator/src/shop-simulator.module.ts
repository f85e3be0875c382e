import { Module } from '@nestjs/common';
import { CallLog } from './call-log.js';
import { CallbackSender } from './callback-sender.js';
import { Conduct } from './conduct.js';
import { ShopController } from './shop.controller.js';
import { SimulatorController } from './simulator.controller.js';
import { StockRoom } from './stock-room.js';

/** A shop to develop and test against. */
@Module({
  controllers: [ShopController, SimulatorController],
  providers: [Conduct, StockRoom, CallLog, CallbackSender],
})
export class ShopSimulatorModule {}
