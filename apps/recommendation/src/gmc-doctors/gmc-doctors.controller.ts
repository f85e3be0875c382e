import type { IncomingMessage } from 'node:http';
import { Answers, BulkAnswer, loadLines, PostBulk, ProblemError, Requires, readNdjson } from '@lockstep/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { GmcDoctorBody, NumberedGmcDoctorBody } from './gmc-doctor-body.js';
import { toGmcDoctorRecord } from './gmc-doctor-record.js';
import { GmcDoctorView } from './gmc-doctor-view.js';
import { GmcDoctorsStore } from './gmc-doctors.store.js';
import { BodyCodePipe, GmcNumberPipe } from './path.pipes.js';
import { readSnapshotDoctors, SnapshotAnswer, SnapshotBody } from './snapshot-body.js';

/** DoctorsForDB: one by one, as a stream of lines, and body by body as GMC answers. */
@Controller('api/gmc-doctors')
export class GmcDoctorsController {
  constructor(private readonly doctors: GmcDoctorsStore) {}

  @Get(':gmcNumber')
  @Requires('viewer')
  @Answers(200, GmcDoctorView)
  async find(@Param('gmcNumber', GmcNumberPipe) gmcNumber: string): Promise<GmcDoctorView> {
    return (await this.doctors.find(gmcNumber)) ?? nobody(gmcNumber);
  }

  @Put(':gmcNumber')
  @Requires('operator')
  @Answers(200, GmcDoctorView)
  @Answers(201, GmcDoctorView)
  async put(
    @Param('gmcNumber', GmcNumberPipe) gmcNumber: string,
    @Body() body: GmcDoctorBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GmcDoctorView> {
    const { created } = await this.doctors.save([toGmcDoctorRecord(gmcNumber, body)]);
    response.status(created.has(gmcNumber) ? 201 : 200);
    return (await this.doctors.find(gmcNumber)) ?? nobody(gmcNumber);
  }

  @Delete(':gmcNumber')
  @Requires('operator')
  @HttpCode(204)
  @Answers(204)
  async remove(@Param('gmcNumber', GmcNumberPipe) gmcNumber: string): Promise<void> {
    if (!(await this.doctors.remove(gmcNumber))) nobody(gmcNumber);
  }

  /** A line is the body of a PUT with its `gmcNumber`. Answers when the last line was stored. */
  @PostBulk()
  async load(@Req() request: IncomingMessage): Promise<BulkAnswer> {
    return loadLines(readNdjson(request), {
      body: NumberedGmcDoctorBody,
      toRecord: (body) => toGmcDoctorRecord(body.gmcNumber, body),
      keyOf: ({ gmcNumber }) => gmcNumber,
      save: (records) => this.doctors.save(records),
    });
  }

  /** All or nothing: who is named is taken in, who is of the body and not named any more is disconnected. */
  @Post('designated-bodies/:code/snapshot')
  @Requires('operator')
  @HttpCode(200)
  @Answers(200, SnapshotAnswer)
  async applySnapshot(@Param('code', BodyCodePipe) code: string, @Body() body: SnapshotBody): Promise<SnapshotAnswer> {
    return this.doctors.applySnapshot({
      designatedBodyCode: code,
      requestDateTime: new Date(body.requestDateTime).toISOString(),
      doctors: readSnapshotDoctors(code, body.doctors),
    });
  }
}

function nobody(gmcNumber: string): never {
  throw new ProblemError(404, 'GMC_DOCTOR_NOT_FOUND', `There is no GMC doctor with the number ${gmcNumber}.`);
}
