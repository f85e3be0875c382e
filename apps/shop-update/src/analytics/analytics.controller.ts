import { Answers, Requires } from '@lockstep/service';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiCallsAnswer, GraphQuery, QueueSizeAnswer, ResponseTimeAnswer, SyncKpiAnswer } from './analytics.answer.js';
import { Analytics } from './analytics.js';

/** The graphs about the sync. */
@Controller('api/shop-update/analytics')
@Requires('viewer')
export class AnalyticsController {
  constructor(private readonly analytics: Analytics) {}

  /** How soon the shop knew what was queued, and requests sent. */
  @Get('sync-kpi')
  @Answers(200, SyncKpiAnswer)
  syncKpi(@Query() { range }: GraphQuery): Promise<SyncKpiAnswer> {
    return this.analytics.syncKpi(range);
  }

  /** Items sent, by topic. */
  @Get('queue-size')
  @Answers(200, QueueSizeAnswer)
  queueSize(@Query() { range }: GraphQuery): Promise<QueueSizeAnswer> {
    return this.analytics.queueSize(range);
  }

  /** Calls by method, with their outcome. */
  @Get('api-calls')
  @Answers(200, ApiCallsAnswer)
  apiCalls(@Query() { range }: GraphQuery): Promise<ApiCallsAnswer> {
    return this.analytics.apiCalls(range);
  }

  /** How long the shop takes, by method. */
  @Get('response-time')
  @Answers(200, ResponseTimeAnswer)
  responseTime(@Query() { range }: GraphQuery): Promise<ResponseTimeAnswer> {
    return this.analytics.responseTime(range);
  }
}
