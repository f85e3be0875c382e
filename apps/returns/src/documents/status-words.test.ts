import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { returnStatusOf, toWord } from './status-words.js';

/** The table of this folder's README. */
const ROWS = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, words, courier]) => words !== undefined && /^(unknown|nothing|[A-Z_]+)$/.test(courier ?? ''))
  .flatMap(([, words = '', courier = '', warehouse = '']) =>
    words.split(', ').map((word) => [word, courier, warehouse] as const),
  );

describe('words of couriers and warehouses', () => {
  it.each(ROWS)('%s is %s of a courier and %s of a warehouse', (word, courier, warehouse) => {
    const says = (status: string | null | undefined) => (status === undefined ? 'unknown' : (status ?? 'nothing'));
    expect([says(returnStatusOf('courier', word)), says(returnStatusOf('warehouse', word))]).toEqual([
      courier,
      warehouse,
    ]);
  });

  it('are all in the table', () => {
    const source = readFileSync(new URL('status-words.ts', import.meta.url), 'utf8');
    const [, courier = '', warehouse = ''] = source.split(/const [A-Z]+_WORDS/);
    const keys = [...(courier + warehouse).matchAll(/^ {2}([a-z_]+):/gm)].map(([, key]) => key as string);
    expect(new Set(ROWS.map(([word]) => word))).toEqual(new Set(keys));
  });

  it('are the same word however they are spelt', () => {
    expect([' In Transit ', 'IN-TRANSIT', 'in_transit', 'in  transit'].map(toWord)).toEqual(
      Array(4).fill('in_transit'),
    );
  });
});
