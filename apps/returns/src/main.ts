import 'reflect-metadata';
import { runService } from '@lockstep/service';
import { returnsService } from './returns.service.js';

await runService(returnsService);
