import 'reflect-metadata';
import { runService } from '@lockstep/service';
import { shopUpdateService } from './shop-update.service.js';

await runService(shopUpdateService);
