import { describe, expect, it } from 'vitest';
import type { PlannedFilter } from '../query/plan-query.js';
import { toElementPath } from './nested-path.js';

describe('toElementPath', () => {
  it('names values and never writes them into the path', () => {
    const filters: PlannedFilter[] = [
      { kind: 'anyOf', path: 'posts.title', type: 'keyword', values: ['" || true', '$[*]'] },
      { kind: 'prefix', path: 'posts.site.town', value: '") || ("' },
      { kind: 'range', path: 'posts.from', type: 'date', from: '1970-01-02' },
    ];
    expect(toElementPath({ kind: 'nested', path: 'posts', filters })).toEqual({
      path: '$[*] ? (((@."title"[*] == $v0[*])) && (@."site.town"[*] starts with $v1) && (exists(@."from"[*] ? (@ >= $v2))))',
      values: JSON.stringify({ v0: ['" || true', '$[*]'], v1: '") || ("', v2: 86_400_000 }),
    });
  });
});
