import type { Provider } from '@nestjs/common';
import type { ReturnsConfig } from '../returns.config.js';
import { Freshness } from './freshness.js';
import { ReadYourWrite } from './read-your-write.js';
import { ReturnSearchController } from './return-search.controller.js';
import { INPUT_TIME_ZONE, ReturnSearch } from './return-search.js';

/** Routes of the search; before those of single returns, which would take their words for ids. */
export const SEARCH_CONTROLLERS = [ReturnSearchController];

/** What searches returns. */
export function searchProviders(config: ReturnsConfig): Provider[] {
  return [Freshness, ReadYourWrite, ReturnSearch, { provide: INPUT_TIME_ZONE, useValue: config.inputTimeZone }];
}
