import { compileSchema } from '@lockstep/contracts';
import { toFieldError, validationProblem } from '@lockstep/service';
import { ArrayMaxSize, IsArray, IsInt, IsObject } from 'class-validator';
import { IsMoment } from './field-checks.js';
import { NumberedGmcDoctorBody } from './gmc-doctor-body.js';
import { type GmcDoctorRecord, toGmcDoctorRecord } from './gmc-doctor-record.js';
import type { SnapshotCounts } from './snapshot.js';

/** All doctors that GMC names for one designated body. */
export class SnapshotBody {
  /** When GMC was asked. */
  @IsMoment()
  requestDateTime!: string;

  /** Each as a line of the bulk load, its body absent or the one of the path. A number named twice: the last one counts. */
  @IsArray()
  @ArrayMaxSize(50_000)
  @IsObject({ each: true })
  doctors!: object[];
}

export class SnapshotAnswer implements SnapshotCounts {
  @IsInt()
  received!: number;

  @IsInt()
  created!: number;

  @IsInt()
  updated!: number;

  @IsInt()
  unchanged!: number;

  /** Named, but something newer is known of them. */
  @IsInt()
  outdated!: number;

  /** No longer named: without designated body from now on. */
  @IsInt()
  disconnected!: number;
}

/** Wrong fields that an answer names. */
const MAX_ERRORS = 100;

/**
 * The doctors of a snapshot, each number once. A wrong one refuses the whole: who is left out of a snapshot is
 * disconnected, so leaving out what cannot be read would do harm. Checked by the compiled schema, which is 15 times
 * faster than the validation of requests and so does not hold up everybody else.
 */
export function readSnapshotDoctors(designatedBodyCode: string, doctors: readonly object[]): GmcDoctorRecord[] {
  const schema = compileSchema(NumberedGmcDoctorBody);
  const errors = doctors.flatMap((doctor, index) => {
    const faults = schema.check(doctor).map((fault) => toFieldError(fault, `doctors.${index}`));
    return faults.length > 0 ? faults : otherBody(doctor as NumberedGmcDoctorBody, designatedBodyCode, index);
  });
  if (errors.length > 0) throw validationProblem(errors.slice(0, MAX_ERRORS));
  const bodies = doctors as NumberedGmcDoctorBody[];
  return [...new Map(bodies.map((body) => [body.gmcNumber.trim(), toGmcDoctorRecord(body.gmcNumber, body)])).values()];
}

function otherBody({ designatedBodyCode: stated }: NumberedGmcDoctorBody, code: string, index: number) {
  if (!stated?.trim() || stated.trim() === code) return [];
  return [{ path: `doctors.${index}.designatedBodyCode`, message: `must be ${code}, the body of the snapshot` }];
}
