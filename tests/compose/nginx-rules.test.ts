import { describe, expect, it } from 'vitest';
import { renderNginxRules } from '../../scripts/nginx-rules.mjs';

/** The lines of these rules that are locations below /api/x. */
function locations(rules: object[]): string[] {
  const lines: string[] = renderNginxRules(rules).split('\n');
  return lines.filter((line) => /^location \S+ \/api\/x/.test(line));
}

describe('the front door’s rules for nginx', () => {
  it('give a path and what is below it to a service', () => {
    expect(locations([{ path: '/api/x', itself: true, below: true, service: 'tcs' }])).toEqual([
      'location = /api/x { proxy_pass $at_tcs; }',
      'location ^~ /api/x/ { proxy_pass $at_tcs; }',
    ]);
  });

  it('tell a path, with or without a slash at its end, from what is below it', () => {
    const rules = [
      { path: '/api/x', itself: true, below: false, service: 'recommendation' },
      { path: '/api/x', itself: false, below: true, service: 'integration' },
    ];
    expect(locations(rules)).toEqual([
      'location = /api/x { proxy_pass $at_recommendation; }',
      'location = /api/x/ { proxy_pass $at_recommendation; }',
      'location ^~ /api/x/ { proxy_pass $at_integration; }',
    ]);
  });

  it('send nobody from a path that is not served to the one with a slash', () => {
    expect(locations([{ path: '/api/x', itself: false, below: true, service: 'tcs' }])).toEqual([
      'location ^~ /api/x/ { proxy_pass $at_tcs; }',
      'location = /api/x { return 404; }',
      'location = /api/x/ { return 404; }',
    ]);
  });

  it('name services by variables of which nginx has none itself', () => {
    const rules = ['shop-update', 'connection'].map((service) => ({ path: `/api/${service}`, itself: true, service }));
    expect(renderNginxRules(rules)).toMatch(
      /^set \$at_connection http:\/\/connection:3000;\nset \$at_shop_update http:\/\/shop-update:3000;$/m,
    );
  });
});
