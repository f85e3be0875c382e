import 'reflect-metadata';
import { runService } from '@lockstep/service';
import { integrationService } from './integration.service.js';

await runService(integrationService);
