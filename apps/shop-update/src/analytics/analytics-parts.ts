import type { RetentionRule } from '@lockstep/database';
import { AnalyticsController } from './analytics.controller.js';
import { Analytics } from './analytics.js';
import { CreateAnalytics1763900000501 } from './analytics.migration.js';
import { AnalyticsLoop } from './analytics-loop.js';
import { CallCounts } from './call-counts.store.js';

export const ANALYTICS_CONTROLLERS = [AnalyticsController];

export const ANALYTICS_PROVIDERS = [Analytics, AnalyticsLoop, CallCounts];

export const ANALYTICS_MIGRATIONS = [CreateAnalytics1763900000501];

/** The longest graph shows 90 days. */
const KEPT = `clock_timestamp() - interval '100 days'`;

export const ANALYTICS_RETENTION: readonly RetentionRule[] = [
  { table: 'ended_items', outdated: () => `queued_hour < ${KEPT}` },
  { table: 'made_calls', outdated: () => `hour < ${KEPT}` },
  { table: 'call_times', outdated: () => `hour < ${KEPT}` },
  { table: 'queue_sample', outdated: () => `minute < ${KEPT}` },
];
