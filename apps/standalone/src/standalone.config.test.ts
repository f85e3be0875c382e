import 'reflect-metadata';
import { loadConfig } from '@lockstep/service';
import { describe, expect, it } from 'vitest';
import { complainAboutNode } from './old-node.js';
import { StandaloneConfig } from './standalone.config.js';

const trainees = (env: Record<string, string>) => loadConfig(StandaloneConfig, env).demoTrainees;

describe('the settings', () => {
  it('ask for demo data unless it is refused or the database is somebody’s own', () => {
    expect(trainees({})).toBe(2_000);
    expect(trainees({ LOCKSTEP_DEMO: 'off' })).toBe(0);
    expect(trainees({ LOCKSTEP_DEMO: '300' })).toBe(300);
    expect(trainees({ DATABASE_URL: 'postgres://host/db' })).toBe(0);
    expect(trainees({ DATABASE_URL: 'postgres://host/db', LOCKSTEP_DEMO: 'on' })).toBe(2_000);
    expect(() => trainees({ LOCKSTEP_DEMO: 'many' })).toThrow(/LOCKSTEP_DEMO.*on, off, or a number/);
  });
});

describe('the version of Node.js', () => {
  it('is refused when it is older than what everything was tried with', () => {
    expect(complainAboutNode('18.20.4')).toBe('Lockstep needs Node.js 20.19 or newer; this is 18.20.4.');
    expect(complainAboutNode('20.18.9')).toBeDefined();
    for (const version of ['20.19.0', '20.20.2', '22.1.0', '24.0.0'])
      expect(complainAboutNode(version)).toBeUndefined();
  });
});
