import type { IncomingMessage } from 'node:http';
import { refuseReservedId } from '@lockstep/ownership';
import { Answers, BulkAnswer, PostBulk, ProblemError, Requires, readNdjson } from '@lockstep/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { loadPeople } from './bulk-load.js';
import { PeopleStore } from './people.store.js';
import { PersonIdPipe } from './person-id.pipe.js';
import { toPersonRecord } from './person-record.js';
import { TraineeBody } from './trainee-body.js';
import { TraineeView } from './trainee-view.js';

/** The people this service owns: one by one, and as a stream of lines. */
@Controller('api/trainees')
export class PeopleController {
  constructor(private readonly people: PeopleStore) {}

  @Get(':personId')
  @Requires('viewer')
  @Answers(200, TraineeView)
  async find(@Param('personId', PersonIdPipe) personId: number): Promise<TraineeView> {
    return (await this.people.find(personId)) ?? nobody(personId);
  }

  @Put(':personId')
  @Requires('operator')
  @Answers(200, TraineeView)
  @Answers(201, TraineeView)
  async put(
    @Param('personId', PersonIdPipe) personId: number,
    @Body() body: TraineeBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TraineeView> {
    await refuseReservedId(personId, async () => (await this.people.find(personId)) !== null);
    const { created } = await this.people.save([toPersonRecord(personId, body)]);
    response.status(created.has(personId) ? 201 : 200);
    return (await this.people.find(personId)) ?? nobody(personId);
  }

  @Delete(':personId')
  @Requires('operator')
  @HttpCode(204)
  @Answers(204)
  async remove(@Param('personId', PersonIdPipe) personId: number): Promise<void> {
    if (!(await this.people.remove(personId))) nobody(personId);
  }

  /** A line is the body of a PUT with its `personId`. Answers when the last line was stored; what it says was is stored. */
  @PostBulk()
  async load(@Req() request: IncomingMessage): Promise<BulkAnswer> {
    return loadPeople(readNdjson(request), (people) => this.people.save(people));
  }
}

function nobody(personId: number): never {
  throw new ProblemError(404, 'TRAINEE_NOT_FOUND', `There is no trainee with the person id ${personId}.`);
}
