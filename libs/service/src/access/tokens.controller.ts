import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Answers } from '../openapi/answers.js';
import { ProblemError } from '../problems/problem.js';
import { validationProblem } from '../problems/validation.js';
import { type Page, PageQuery, pageOffset, toPage } from '../requests/page-query.js';
import { type Actor, CurrentActor } from './actor.js';
import { Authenticator } from './authenticator.js';
import { Requires } from './requires.js';
import { CreatedToken, CreateToken, TokenView } from './token.requests.js';
import { type Token, TokenStore } from './token.store.js';

/** Makes, lists and revokes tokens; in force everywhere within five seconds. */
@Controller('api/tokens')
@Requires('admin')
export class TokensController {
  constructor(
    private readonly store: TokenStore,
    private readonly authenticator: Authenticator,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Answers(201, CreatedToken)
  async create(@Body() body: CreateToken, @CurrentActor() actor: Actor): Promise<CreatedToken> {
    const expiresAt = body.expiresAt ? new Date(body.expiresAt) : null;
    if (expiresAt && expiresAt <= this.clock.now()) {
      throw validationProblem([{ path: 'expiresAt', message: 'expiresAt must be in the future' }]);
    }
    const { token, key } = await this.store.create({ ...body, expiresAt, createdBy: actor.id });
    return { ...toView(token), key };
  }

  @Get()
  @Answers(200, TokenView, { page: true })
  async list(@Query() query: PageQuery): Promise<Page<TokenView>> {
    const { tokens, total } = await this.store.list(query.pageSize, pageOffset(query));
    return toPage(query, tokens.map(toView), total);
  }

  @Delete(':id')
  @HttpCode(204)
  @Answers(204)
  async revoke(@Param('id') id: string): Promise<void> {
    if (!(await this.store.revoke(id))) throw new ProblemError(404, 'NOT_FOUND', 'There is no such token.');
    this.authenticator.forget();
  }
}

function toView(token: Token): TokenView {
  return {
    ...token,
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    revokedAt: token.revokedAt?.toISOString() ?? null,
  };
}
