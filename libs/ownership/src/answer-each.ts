import type { ItemAnswer, Refusal } from './item-answer.js';

/** A record read from an item, or why there is none. */
export type ReadItem<Good> = { readonly good: Good } | Refusal;

/**
 * Answers items of which some are wrong: `read` looks at one alone, `write` gets all good ones together and answers them in
 * order. The wrong ones cost their neighbours nothing.
 */
export async function answerEach<Item, Good>(
  items: readonly Item[],
  read: (item: Item) => ReadItem<Good>,
  write: (good: Good[]) => Promise<ItemAnswer[]>,
): Promise<ItemAnswer[]> {
  const readings = items.map(read);
  const good = readings.flatMap((reading) => ('good' in reading ? [reading.good] : []));
  const answers = good.length > 0 ? [...(await write(good))] : [];
  return readings.map((reading) => ('good' in reading ? (answers.shift() as ItemAnswer) : reading));
}
