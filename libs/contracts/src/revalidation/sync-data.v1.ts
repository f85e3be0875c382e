import { ArrayMaxSize, IsArray, IsIn, IsInt, IsObject, IsOptional, IsUUID, Min } from 'class-validator';
import { defineMessage, type ServiceName } from '../message.js';
import { connectionSyncDataQueue, REVALIDATION_EXCHANGE } from './queues.js';
import { SOURCE_PHASES, type SourcePhase } from './sync-start.v1.js';
import { TraineeItemV1 } from './trainee-item.v1.js';

/** Services that send records in bulk. */
export const SYNC_SOURCES = ['tcs', 'recommendation'] as const satisfies readonly ServiceName[];
export type SyncSource = (typeof SYNC_SOURCES)[number];

/** The service that sends the records of a phase. */
export const SOURCE_OF_PHASE = { trainees: 'tcs', gmc: 'recommendation' } as const satisfies Record<
  SourcePhase,
  SyncSource
>;

/** A batch of a source's records. Generic in the item: each is checked by itself against the message's item class. */
export class SyncDataV1<Item extends object = object> {
  @IsUUID()
  runId!: string;

  @IsInt()
  @Min(1)
  fence!: number;

  @IsIn([...SOURCE_PHASES])
  phase!: SourcePhase;

  @IsIn([...SYNC_SOURCES])
  source!: SyncSource;

  /** 1 to the `batches` of the end marker; a batch is a fixed range of keys, read again when asked for again. */
  @IsInt()
  @Min(1)
  sequence!: number;

  /** Records the source means to send in this phase, for a progress bar only: the end marker's totals decide. */
  @IsOptional()
  @IsInt()
  @Min(0)
  totalItems?: number;

  @IsArray()
  @ArrayMaxSize(1000)
  @IsObject({ each: true })
  items!: Item[];
}

export const traineeSyncData = defineMessage<SyncDataV1<TraineeItemV1>>({
  type: 'reval.connection.syncdata',
  version: 1,
  summary: 'A batch of trainees for a run (syncData).',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.connection.syncdata',
  publishers: ['tcs'],
  queues: [connectionSyncDataQueue],
  payload: SyncDataV1<TraineeItemV1>,
  item: TraineeItemV1,
  example: {
    runId: '6f1c1f4e-7c1e-4a55-9a0e-2f6f9d0a9b11',
    fence: 7,
    phase: 'trainees',
    source: 'tcs',
    sequence: 3,
    totalItems: 99_874,
    items: [
      {
        key: '4711',
        version: 12,
        deleted: false,
        excluded: null,
        enteredGmcNumber: '7000001',
        trainee: {
          tcsPersonId: 4711,
          gmcReferenceNumber: '7000001',
          doctorFirstName: 'Aoife',
          doctorLastName: "O'Brien",
          programmeName: 'General Practice Leeds',
          membershipType: 'SUBSTANTIVE',
          programmeOwner: 'Yorkshire and the Humber',
          tcsDesignatedBody: '1-1RSG4X0',
          membershipStartDate: '2024-08-07',
          membershipEndDate: '2027-08-03',
          curriculumEndDate: '2027-08-03',
          placementGrades: ['312'],
          programmes: [
            {
              programmeNumber: 'YHD8124',
              programmeName: 'General Practice Leeds',
              programmeOwner: 'Yorkshire and the Humber',
              designatedBody: '1-1RSG4X0',
              membershipType: 'SUBSTANTIVE',
              startDate: '2024-08-07',
              endDate: '2027-08-03',
              curriculumEndDate: '2027-08-03',
            },
          ],
        },
      },
      { key: '4712', version: 3, deleted: true, excluded: null, enteredGmcNumber: null, trainee: null },
    ],
  },
});
