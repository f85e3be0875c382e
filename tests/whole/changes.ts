import { type GoldenList, waitFor } from '@lockstep/testing';
import type { Stage } from '../stage/stage.js';
import { findInList } from './lists.js';
import { movedPerson, numberOf, plainDoctor } from './plain-doctors.js';
import { send } from './sources.js';

/** One list over each of the three indexes that shows every plain doctor. */
export const EVERY_INDEX: readonly GoldenList[] = ['current', 'connected', 'recommendations'];
/** From the answer of the PUT to the last list, on a machine that is busy with others. */
const LIVE_LIMIT_MS = 120_000;

/** A change that all lists must show. */
export interface Change {
  gmcNumber: string;
  field: 'programmeName' | 'doctorLastName';
  value: string | null;
}

/** Changes a person in tcs: the programme, which is TIS's. */
export async function changePerson(stage: Stage, personId: number, programmeName: string): Promise<Change> {
  await send(stage, 'tcs', 'PUT', `/api/trainees/${personId}`, movedPerson(personId, programmeName));
  return { gmcNumber: numberOf(personId), field: 'programmeName', value: programmeName };
}

/** Gives a person another GMC number in tcs. */
export async function renumber(stage: Stage, personId: number, gmcNumber: string): Promise<void> {
  const body = { ...movedPerson(personId, 'Elsewhere'), gmcNumber };
  await send(stage, 'tcs', 'PUT', `/api/trainees/${personId}`, body);
}

/** Changes a doctor in recommendation: the name, which is GMC's. */
export async function changeDoctor(stage: Stage, personId: number, doctorLastName: string): Promise<Change> {
  const gmcNumber = numberOf(personId);
  await send(stage, 'recommendation', 'PUT', `/api/gmc-doctors/${gmcNumber}`, plainDoctor({ doctorLastName }));
  return { gmcNumber, field: 'doctorLastName', value: doctorLastName };
}

/** What the lists show of a change, by list. */
export async function shownOf(
  stage: Stage,
  { gmcNumber, field }: Change,
  lists: readonly GoldenList[] = EVERY_INDEX,
): Promise<Partial<Record<GoldenList, unknown>>> {
  const rows = lists.map(async (list) => [list, (await findInList(stage, list, gmcNumber))?.[field]] as const);
  return Object.fromEntries(await Promise.all(rows));
}

/** Waits until each list shows the change. */
export async function untilShown(
  stage: Stage,
  change: Change,
  lists: readonly GoldenList[] = EVERY_INDEX,
): Promise<void> {
  await waitFor(`${JSON.stringify(change)} to be in ${lists.join(', ')}`, () => shownOf(stage, change, lists), {
    timeoutMs: LIVE_LIMIT_MS,
    until: (shown) => lists.every((list) => shown[list] === change.value),
  });
}

/** Waits until no list shows the doctor. */
export async function untilGone(stage: Stage, gmcNumber: string): Promise<void> {
  const where = async (): Promise<GoldenList[]> => {
    const rows = await Promise.all(EVERY_INDEX.map((list) => findInList(stage, list, gmcNumber)));
    return EVERY_INDEX.filter((_, place) => rows[place] !== undefined);
  };
  await waitFor(`${gmcNumber} to be gone`, where, { timeoutMs: LIVE_LIMIT_MS, until: (lists) => lists.length === 0 });
}
