import 'reflect-metadata';
import { runService } from '@lockstep/service';
import { importService } from './import.service.js';

await runService(importService);
