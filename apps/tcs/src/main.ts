import 'reflect-metadata';
import { runService } from '@lockstep/service';
import { tcsService } from './tcs.service.js';

await runService(tcsService);
