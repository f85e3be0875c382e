import 'reflect-metadata';
import { runService } from '@lockstep/service';
import { recommendationService } from './recommendation.service.js';

await runService(recommendationService);
