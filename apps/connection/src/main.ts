import 'reflect-metadata';
import { runService } from '@lockstep/service';
import { connectionService } from './connection.service.js';

await runService(connectionService);
