import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineMessage } from '../message.js';
import { GmcDoctorItemV1 } from './gmc-doctor-item.v1.js';
import { GMC_DOCTOR_EXAMPLE } from './gmc-sync.v1.js';
import type { MasterDoctorDocument } from './master-doctor.document.js';
import {
  gmcDoctorUpdatedQueue,
  masterUpdatedConnectionQueue,
  masterUpdatedRecommendationQueue,
  REVALIDATION_EXCHANGE,
  traineeUpdatedQueue,
} from './queues.js';
import { traineeSyncData } from './sync-data.v1.js';
import { TraineeItemV1 } from './trainee-item.v1.js';

/** People that changed, as they are now. One message for one change; a bulk load sends up to 200 together. */
export class TraineesUpdatedV1 {
  @IsArray()
  @ArrayMaxSize(1000)
  @IsObject({ each: true })
  items!: TraineeItemV1[];
}

/** GMC doctors that changed, as they are now. */
export class GmcDoctorsUpdatedV1 {
  @IsArray()
  @ArrayMaxSize(1000)
  @IsObject({ each: true })
  items!: GmcDoctorItemV1[];
}

/** A master doctor as it is now. */
export class MasterDoctorUpdateV1 {
  @IsString()
  @IsNotEmpty()
  gmcNumber!: string;

  /** Of the master document; projections write theirs with it. */
  @IsInt()
  @Min(1)
  version!: number;

  @IsBoolean()
  deleted!: boolean;

  /** Null when deleted. */
  @IsOptional()
  @IsObject()
  document!: MasterDoctorDocument | null;
}

/** Master doctors that changed. */
export class MasterDoctorsUpdatedV1 {
  @IsArray()
  @ArrayMaxSize(1000)
  @ValidateNested({ each: true })
  @Type(() => MasterDoctorUpdateV1)
  items!: MasterDoctorUpdateV1[];
}

export const traineesUpdated = defineMessage<TraineesUpdatedV1>({
  type: 'reval.connection.update',
  version: 1,
  summary: 'People changed in tcs; the master follows at once.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.connection.update',
  publishers: ['tcs'],
  queues: [traineeUpdatedQueue],
  payload: TraineesUpdatedV1,
  item: TraineeItemV1,
  example: { items: traineeSyncData.example.items },
});

export const gmcDoctorsUpdated = defineMessage<GmcDoctorsUpdatedV1>({
  type: 'reval.revalidationsummary.updated',
  version: 1,
  summary: 'GMC doctors or their recommendations changed; the master follows at once.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.revalidationsummary.updated',
  publishers: ['recommendation'],
  queues: [gmcDoctorUpdatedQueue],
  payload: GmcDoctorsUpdatedV1,
  item: GmcDoctorItemV1,
  example: { items: [GMC_DOCTOR_EXAMPLE] },
});

export const masterDoctorsUpdated = defineMessage<MasterDoctorsUpdatedV1>({
  type: 'reval.masterdoctorview.updated',
  version: 1,
  summary: 'Master doctors changed; the projecting services write them to their own indexes.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.masterdoctorview.updated',
  publishers: ['integration'],
  queues: [masterUpdatedRecommendationQueue, masterUpdatedConnectionQueue],
  payload: MasterDoctorsUpdatedV1,
  example: { items: [{ gmcNumber: '7000002', version: 9, deleted: true, document: null }] },
});
