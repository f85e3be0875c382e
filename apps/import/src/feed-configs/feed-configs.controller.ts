import {
  type Actor,
  Answers,
  CurrentActor,
  type Page,
  PageQuery,
  ProblemError,
  pageOffset,
  Requires,
  toPage,
  validationProblem,
} from '@lockstep/service';
import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ImportTypesStore } from '../import-types/import-types.store.js';
import { FeedConfigBody } from './feed-config-body.js';
import { FeedConfigView, toFeedConfigView } from './feed-configs.answer.js';
import { FeedConfigsStore } from './feed-configs.store.js';
import { findTypeMismatches } from './find-type-mismatches.js';
import { parseFeedConfig } from './parse-feed-config.js';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** What the columns and elements of feeds mean. */
@Controller('api/import-configs')
export class FeedConfigsController {
  constructor(
    private readonly store: FeedConfigsStore,
    private readonly types: ImportTypesStore,
  ) {}

  @Get()
  @Requires('viewer')
  @Answers(200, FeedConfigView, { page: true })
  async list(@Query() query: PageQuery): Promise<Page<FeedConfigView>> {
    const { configs, total } = await this.store.list(query.pageSize, pageOffset(query));
    return toPage(query, configs.map(toFeedConfigView), total);
  }

  @Get(':id')
  @Requires('viewer')
  @Answers(200, FeedConfigView)
  async find(@Param('id') id: string): Promise<FeedConfigView> {
    const stored = await this.store.find(id);
    if (stored) return toFeedConfigView(stored);
    throw new ProblemError(404, 'IMPORT_CONFIG_NOT_FOUND', 'There is no such mapping configuration.');
  }

  @Put(':id')
  @Requires('admin')
  @Answers(200, FeedConfigView)
  @Answers(201, FeedConfigView)
  async put(
    @Param('id') id: string,
    @Body() body: FeedConfigBody,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) response: Response,
  ): Promise<FeedConfigView> {
    const plain = toPlain(body);
    const { config, errors } = parseFeedConfig(plain);
    if (errors) throw validationProblem(errors);
    const mismatches = [...idErrors(id, plain), ...findTypeMismatches(config, (await this.types.current()).types)];
    if (mismatches.length > 0) throw validationProblem(mismatches);
    const { isNew, stored } = await this.store.save(id, plain, actor.id);
    response.status(isNew ? 201 : 200);
    return toFeedConfigView(stored);
  }
}

/** Without the classes that validation made of it. */
function toPlain(body: FeedConfigBody): FeedConfigBody {
  return JSON.parse(JSON.stringify(body)) as FeedConfigBody;
}

function idErrors(id: string, { feedConfigId }: FeedConfigBody) {
  const errors = [];
  if (!ID.test(id)) errors.push({ path: 'id', message: 'id must be up to 100 letters, digits, ".", "-" and "_"' });
  if (feedConfigId && feedConfigId !== id) {
    errors.push({ path: 'feedConfigId', message: 'feedConfigId must be the one of the address' });
  }
  return errors;
}
