import 'reflect-metadata';
import { Env, loadConfig } from '@lockstep/service';
import { IsInt, IsNotEmpty, Max, Min } from 'class-validator';
import { startShopSimulator } from './start-shop-simulator.service.js';

/** Settings of the simulator. */
class SimulatorConfig {
  @Env('PORT', { expects: 'a port from 0 to 65535' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number = 3000;

  @Env('HOST')
  @IsNotEmpty()
  host: string = '0.0.0.0';
}

const { port, host } = loadConfig(SimulatorConfig, process.env);
const simulator = await startShopSimulator({ port, host, firstId: Date.now() });
process.stdout.write(`the shop is called at ${simulator.shopUrl}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    void simulator.stop().then(() => process.exit(0));
  });
}
