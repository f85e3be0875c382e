import { type Actor, Answers, CurrentActor, hasRole, ProblemError, Requires } from '@lockstep/service';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { IsInt, IsOptional, IsString, MaxLength } from 'class-validator';
import { PathIdPipe } from '../catalogue/path-id.pipe.js';
import { Reupload } from './reupload.js';

export class ReuploadBody {
  /** For the record. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}

/** What a reupload has brought into line, for all variations of the set. */
export class ReuploadAnswer {
  @IsInt()
  productId!: number;

  @IsInt()
  productSetId!: number;

  /** Items that had failed or could not go on. */
  @IsInt()
  requeued!: number;

  /** New items, or ones that waited already: of a set of which nothing had failed. */
  @IsInt()
  enqueued!: number;
}

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
