import { type Actor, Answers, CurrentActor, Requires } from '@lockstep/service';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ReturnSearch } from './return-search.js';
import { ReturnSearchAnswer } from './search-answer.js';
import { ReturnSearchParams, toSearchBody } from './search-params.js';
import { ReturnSearchBody } from './search-request.js';

/** The search of returns: under its own path, and under those that its callers have always used. */
@Controller()
@Requires('viewer')
export class ReturnSearchController {
  constructor(private readonly returns: ReturnSearch) {}

  @Get('api/returns/search')
  @Answers(200, ReturnSearchAnswer)
  find(@Query() params: ReturnSearchParams, @CurrentActor() actor: Actor): Promise<ReturnSearchAnswer> {
    return this.returns.search(toSearchBody(params), actor);
  }

  @Post('api/returns/search')
  @HttpCode(200)
  @Answers(200, ReturnSearchAnswer)
  search(@Body() body: ReturnSearchBody, @CurrentActor() actor: Actor): Promise<ReturnSearchAnswer> {
    return this.returns.search(body, actor);
  }

  @Get('v1/returns/search')
  @Answers(200, ReturnSearchAnswer)
  findV1(@Query() params: ReturnSearchParams, @CurrentActor() actor: Actor): Promise<ReturnSearchAnswer> {
    return this.find(params, actor);
  }

  @Post('v1/returns/search')
  @HttpCode(200)
  @Answers(200, ReturnSearchAnswer)
  searchV1(@Body() body: ReturnSearchBody, @CurrentActor() actor: Actor): Promise<ReturnSearchAnswer> {
    return this.search(body, actor);
  }

  @Get('_ah/api/esb/v1/searchOrderReturnIndexData')
  @Answers(200, ReturnSearchAnswer)
  findIndexData(@Query() params: ReturnSearchParams, @CurrentActor() actor: Actor): Promise<ReturnSearchAnswer> {
    return this.find(params, actor);
  }

  @Post('_ah/api/esb/v1/searchOrderReturnIndexData')
  @HttpCode(200)
  @Answers(200, ReturnSearchAnswer)
  searchIndexData(@Body() body: ReturnSearchBody, @CurrentActor() actor: Actor): Promise<ReturnSearchAnswer> {
    return this.search(body, actor);
  }
}
