import { ProblemError } from '@lockstep/service';
import type { EntityManager } from 'typeorm';

/**
 * Ids that a service gives to objects of an import begin here; ids that callers choose lie below, so that the two never
 * meet. Leaves 7 * 10^12 ids to the largest whole number that JSON carries exactly.
 */
export const FIRST_ALLOCATED_ID = 9_000_000_000_000_000;

/** True for an id that only the service itself may give. */
export function isAllocatedId(id: number): boolean {
  return id >= FIRST_ALLOCATED_ID;
}

/**
 * For a PUT: an object of an import may be replaced under its id, but nobody creates one in the service's own range.
 * @throws ProblemError 409 `ID_RESERVED`
 */
export async function refuseReservedId(id: number, exists: () => Promise<boolean>): Promise<void> {
  if (!isAllocatedId(id) || (await exists())) return;
  const detail = `Ids from ${FIRST_ALLOCATED_ID} on are given by the service itself; choose a smaller one.`;
  throw new ProblemError(409, 'ID_RESERVED', detail);
}

/** The next ids of a sequence, ascending, for objects that nobody has named before. */
export async function allocateIds(manager: EntityManager, sequence: string, count: number): Promise<number[]> {
  const rows: { id: number }[] = await manager.query('SELECT nextval($1) AS id FROM generate_series(1, $2)', [
    sequence,
    count,
  ]);
  return rows.map(({ id }) => id);
}
