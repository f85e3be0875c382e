import 'reflect-metadata';
import { readdirSync } from 'node:fs';
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

  it('each take their paths, and no path belongs to two', () => {
    const table = frontDoorRules().map(({ path, itself, below, service }) => {
      return `${path}${itself ? '' : '/…'}${itself && below ? '[/…]' : ''} -> ${service}`;
    });
    expect(table).toEqual([
      '/api/connections[/…] -> connection',
      '/api/docs/connection[/…] -> connection',
      '/api/docs/integration[/…] -> integration',
      '/api/docs/recommendation[/…] -> recommendation',
      '/api/docs/tcs[/…] -> tcs',
      '/api/doctors -> recommendation',
      '/api/doctors/… -> integration',
      '/api/gmc-doctors[/…] -> recommendation',
      '/api/recommendations[/…] -> recommendation',
      '/api/sync[/…] -> integration',
      '/api/tokens[/…] -> integration',
      '/api/trainees[/…] -> tcs',
    ]);
  });
});
