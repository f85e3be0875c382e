import { type Actor, Answers, CurrentActor, hasRole, PathIdPipe, ProblemError, Requires } from '@lockstep/service';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ReuploadAnswer, ReuploadBody } from './reupload.answer.js';
import { Reupload } from './reupload.js';

/** "Reupload to Shop". */
@Controller('api/products')
export class ReuploadController {
  constructor(private readonly reupload: Reupload) {}

  @Post(':id/reupload')
  @HttpCode(202)
  @Requires('viewer')
  @Answers(202, ReuploadAnswer)
  async request(
    @Param('id', PathIdPipe) id: number,
    @Body() body: ReuploadBody,
    @CurrentActor() actor: Actor,
  ): Promise<ReuploadAnswer> {
    if (!hasRole(actor.role, 'admin')) {
      throw new ProblemError(403, 'FORBIDDEN_NOT_ADMIN', 'Only an admin can have a product uploaded again.');
    }
    return this.reupload.request(id, actor.name, body?.reason ?? null);
  }
}
