import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { findRule } from '@lockstep/service';
import { describe, expect, it } from 'vitest';
import { frontDoorRules, SERVICES } from './services.js';

/** Apps that are no services of Lockstep itself. */
const OTHERS = new Set(['standalone', 'console', 'shop-simulator']);

describe('the services of one process', () => {
  it('are all that there are', () => {
    const apps = readdirSync(new URL('../..', import.meta.url), { withFileTypes: true });
    const services = apps.filter((entry) => entry.isDirectory() && !OTHERS.has(entry.name)).map(({ name }) => name);
    expect(SERVICES.map(({ service }) => service).sort()).toEqual(services.sort());
  });

  it('each take every path of theirs', () => {
    const rules = frontDoorRules();
    for (const hosted of SERVICES) {
      for (const route of hosted.routes()) {
        const path = route.replaceAll(/[:*]\w+/g, '7');
        expect([path, findRule(rules, path)?.service]).toEqual([path, hosted.service]);
      }
    }
  });

  it('share the doctors: the list is one service’s, a doctor another’s', () => {
    const rules = frontDoorRules();
    expect(findRule(rules, '/api/doctors')?.service).toBe('recommendation');
    expect(findRule(rules, '/api/doctors/7654321')?.service).toBe('integration');
  });
});
