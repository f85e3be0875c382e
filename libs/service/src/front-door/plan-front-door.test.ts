import { Controller, Get, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { findRule, planFrontDoor } from './plan-front-door.js';
import { routesOf } from './routes-of.js';

const rules = planFrontDoor([
  { service: 'source', routes: ['/api/people', '/api/people/:id', '/api/people/bulk', '/l/:id'] },
  { service: 'merge', routes: ['/api/doctors/:number', '/api/doctors/:number/explain'] },
  { service: 'lists', routes: ['/api/doctors', '/api/doctors/export/now'] },
]);
const serviceOf = (path: string) => findRule(rules, path)?.service;

describe('the front door', () => {
  it('needs one rule for what one service serves, and parts what several do', () => {
    expect(rules.map(({ path, itself, below, service }) => [path, itself, below, service])).toEqual([
      ['/api/docs/lists', true, true, 'lists'],
      ['/api/docs/merge', true, true, 'merge'],
      ['/api/docs/source', true, true, 'source'],
      ['/api/doctors', true, false, 'lists'],
      ['/api/doctors', false, true, 'merge'],
      ['/api/doctors/export', true, true, 'lists'],
      ['/api/people', true, true, 'source'],
      ['/l', true, true, 'source'],
    ]);
  });

  it('sends a path to the service with the longest match', () => {
    expect(serviceOf('/api/people')).toBe('source');
    expect(serviceOf('/api/people/7')).toBe('source');
    expect(serviceOf('/api/peoples')).toBeUndefined();
    expect(serviceOf('/api/doctors')).toBe('lists');
    expect(serviceOf('/api/doctors/')).toBe('lists');
    expect(serviceOf('/api/doctors/7654321')).toBe('merge');
    expect(serviceOf('/api/doctors/7654321/explain')).toBe('merge');
    expect(serviceOf('/api/doctors/export/now')).toBe('lists');
    expect(serviceOf('/')).toBeUndefined();
    expect(serviceOf('/api')).toBeUndefined();
  });

  it('refuses two services on one path, and paths that differ only behind an id', () => {
    const both = (left: string, right: string) => () =>
      planFrontDoor([
        { service: 'one', routes: [left] },
        { service: 'two', routes: [right] },
      ]);
    expect(both('/api/things', '/api/things')).toThrow('/api/things is served by one and two');
    expect(both('/api/things/:id', '/api/things/:name')).toThrow(/below \/api\/things\//);
    expect(both('/api/things/:id/left', '/api/things/:id/right')).toThrow(/tells one and two apart/);
  });
});

@Controller(['api/things', 'old/things'])
class ThingsController {
  @Get([':id', 'by-name/:name'])
  get() {}

  /** Not a route. */
  helper() {}
}

@Controller()
class LinksController {
  @Get('l/:id')
  get() {}
}

@Module({ controllers: [LinksController] })
class LinksModule {}

@Module({ imports: [LinksModule] })
class ThingsModule {}

describe('the routes of a module', () => {
  it('are those of its controllers and of the modules that it imports', () => {
    const dynamic = { module: ThingsModule, controllers: [ThingsController] };
    expect(routesOf({ module: class Root {}, imports: [dynamic, ThingsModule] })).toEqual([
      '/api/things/:id',
      '/api/things/by-name/:name',
      '/l/:id',
      '/old/things/:id',
      '/old/things/by-name/:name',
    ]);
  });
});
