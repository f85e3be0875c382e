import { ProblemError } from '@lockstep/service';
import { QueryFailedError } from 'typeorm';

/** A 404. */
export function notFound(what: string, code: string, id: number): never {
  throw new ProblemError(404, code, `There is no ${what} with the id ${id}.`);
}

/** A 400: a field of the body names something that is not there. */
export function unknownParent(field: string, code: string, id: number): ProblemError {
  const message = `${field}: there is no such row as ${id}`;
  return new ProblemError(400, code, `${field} names nothing that is there.`, { errors: [{ path: field, message }] });
}

/** A 409: it cannot go while others belong to it. */
export function stillUsed(code: string, detail: string): ProblemError {
  return new ProblemError(409, code, detail);
}

/** Runs `save`; a SKU that the seller has given to another product is the caller's 409. */
export async function refusingTakenSku<T>(save: () => Promise<T>): Promise<T> {
  try {
    return await save();
  } catch (error) {
    if (!isTakenSku(error)) throw error;
    throw new ProblemError(409, 'SELLER_SKU_TAKEN', 'The seller has another product with this SKU.');
  }
}

function isTakenSku(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code, constraint } = error.driverError as { code?: string; constraint?: string };
  return code === '23505' && constraint === 'product_seller_sku_key';
}
