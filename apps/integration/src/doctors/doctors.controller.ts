import { Answers, ProblemError, Requires } from '@lockstep/service';
import { Controller, Get, Param } from '@nestjs/common';
import { DoctorAnswer } from './doctor.answer.js';
import { DoctorStore } from './doctor.store.js';

/** One merged doctor. */
@Controller('api/doctors')
export class DoctorsController {
  constructor(private readonly doctors: DoctorStore) {}

  /** The doctor as the master index shows it, with the records it was merged from and their versions. */
  @Get(':gmcNumber')
  @Requires('viewer')
  @Answers(200, DoctorAnswer)
  async get(@Param('gmcNumber') gmcNumber: string): Promise<DoctorAnswer> {
    const doctor = await this.doctors.find(gmcNumber.trim());
    if (!doctor)
      throw new ProblemError(404, 'DOCTOR_NOT_FOUND', `No doctor has the GMC number ${gmcNumber.slice(0, 40)}.`);
    return { ...doctor.document, version: doctor.version, sources: doctor.sources };
  }
}
