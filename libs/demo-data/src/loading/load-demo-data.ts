import { generateGmcDoctors, generateRecommendations } from '../gmc/generate-gmc-doctors.js';
import { generatePeople } from '../people/generate-people.js';
import { type LoadCounts, type LoadTarget, type RefusedLine, sendRecords } from './send-records.js';

/** How much is loaded. */
export interface DemoDataOptions {
  readonly trainees: number;
  /** @default 95 for each 100 trainees: GMC does not know everybody */
  readonly gmcDoctors?: number;
  /** @default true */
  readonly withRecommendations?: boolean;
  /** The same seed and day give the same data. @default 1 */
  readonly seed?: number;
  /** `yyyy-MM-dd`; dates lie around it. */
  readonly asOf: string;
  /** @default 10000 */
  readonly recordsARequest?: number;
}

/** How far the loading is. */
export interface DemoDataProgress {
  readonly kind: 'trainees' | 'gmc doctors' | 'recommendations';
  readonly counts: LoadCounts;
  /** `undefined` where nobody knows before the end. */
  readonly expected: number | undefined;
  readonly refused: readonly RefusedLine[];
}

const GMC_DOCTORS_A_TRAINEE = 0.95;

/** GMC doctors that go with so many trainees. */
export function gmcDoctorsFor(trainees: number): number {
  return Math.floor(trainees * GMC_DOCTORS_A_TRAINEE);
}

/**
 * Loads deterministic, realistic data through the public bulk routes: trainees, then GMC's doctors, then recommendations.
 * May be cut off and done again. Resolves with the counts of each kind. Throws as {@link sendRecords} does.
 */
export async function loadDemoData(
  target: LoadTarget,
  options: DemoDataOptions,
  onProgress: (progress: DemoDataProgress) => void = () => undefined,
): Promise<Record<DemoDataProgress['kind'], LoadCounts | undefined>> {
  const { trainees, asOf, seed = 1, gmcDoctors = gmcDoctorsFor(trainees), withRecommendations = true } = options;
  const fill = (kind: DemoDataProgress['kind'], path: string, records: Iterator<object>, expected?: number) =>
    sendRecords(
      target,
      path,
      records,
      (counts, refused) => onProgress({ kind, counts, expected, refused }),
      options.recordsARequest,
    );
  const gmc = { count: gmcDoctors, seed, asOf };
  const people = generatePeople({ count: trainees, seed, asOf });
  return {
    trainees: await fill('trainees', '/api/trainees/bulk', people, trainees),
    'gmc doctors': await fill('gmc doctors', '/api/gmc-doctors/bulk', generateGmcDoctors(gmc), gmcDoctors),
    recommendations: withRecommendations
      ? await fill('recommendations', '/api/recommendations/bulk', generateRecommendations(gmc))
      : undefined,
  };
}
