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
  syncKpi(@Query() query: GraphQuery): Promise<SyncKpiAnswer> {
    return this.analytics.syncKpi(query);
  }

  /** Items sent, by topic. */
  @Get('queue-size')
  @Answers(200, QueueSizeAnswer)
  queueSize(@Query() query: GraphQuery): Promise<QueueSizeAnswer> {
    return this.analytics.queueSize(query);
  }

  /** Calls by method, with their outcome. */
  @Get('api-calls')
  @Answers(200, ApiCallsAnswer)
  apiCalls(@Query() query: GraphQuery): Promise<ApiCallsAnswer> {
    return this.analytics.apiCalls(query);
  }

  /** How long the shop takes, by method. */
  @Get('response-time')
  @Answers(200, ResponseTimeAnswer)
  responseTime(@Query() query: GraphQuery): Promise<ResponseTimeAnswer> {
    return this.analytics.responseTime(query);
  }
}
