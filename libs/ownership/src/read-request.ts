import { compileSchema, type PayloadClass } from '@lockstep/contracts';
import { type ItemAnswer, refuse } from './item-answer.js';

/** One item of a request, and what it is known by. */
export interface RequestItem<Item> {
  readonly id: string;
  readonly key: string;
  readonly item: Item;
}

/** The items of a request, sorted by what can be done about them. */
export interface ReadRequest<Item> {
  readonly good: readonly RequestItem<Item>[];
  /** Wrong in themselves, but somebody waits for an answer under their id. */
  readonly wrong: readonly { readonly id: string; readonly answer: ItemAnswer }[];
  /** Nobody can be told anything about these. */
  readonly nameless: number;
}

/** Reads items one by one, so that a bad one costs only itself. `idName`: where an item's id stands. */
export function readRequest<Item extends { readonly idempotencyKey: string }>(
  items: readonly unknown[],
  shape: PayloadClass<Item & object>,
  idName: string,
): ReadRequest<Item> {
  const good: RequestItem<Item>[] = [];
  const wrong: { id: string; answer: ItemAnswer }[] = [];
  for (const item of items) {
    const id = textAt(item, idName);
    if (id === null) continue;
    const faults = compileSchema(shape).check(item);
    if (faults.length > 0) wrong.push({ id, answer: refuse('INVALID_REQUEST', faults.slice(0, 5).join('; ')) });
    else good.push({ id, key: (item as Item).idempotencyKey, item: item as Item });
  }
  return { good, wrong, nameless: items.length - good.length - wrong.length };
}

function textAt(item: unknown, name: string): string | null {
  const value = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : null;
}
