/** Of an object of a batch, as owners and users see it; also its idempotency key, equal in every attempt. */
export function toObjectId(batchId: string, objNo: number): string {
  return `${batchId}:${objNo}`;
}

/** As {@link toObjectId}, for a link. */
export function toLinkId(batchId: string, linkNo: number): string {
  return `${batchId}:L${linkNo}`;
}

const ID = /^([0-9a-f-]{36}):(L?)([1-9]\d{0,9})$/;

/** The number behind an id, null when it is not one of this batch and kind. */
export function itemNumberOf(batchId: string, kind: 'object' | 'link', id: string): number | null {
  const [, batch, mark, digits] = ID.exec(id) ?? [];
  if (batch !== batchId.toLowerCase() || (mark === 'L') !== (kind === 'link')) return null;
  const number = Number(digits);
  return number <= 2_147_483_647 ? number : null;
}
