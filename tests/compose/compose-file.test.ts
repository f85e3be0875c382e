import { readdirSync } from 'node:fs';
import { frontDoorRules, SERVICES } from '@lockstep/standalone';
import { describe, expect, it } from 'vitest';
import { appServices, imageHealthCheck, readComposeFile, readText } from './compose-file.js';

const compose = readComposeFile({ LOCKSTEP_ADMIN_TOKEN: 'token' });
const names = SERVICES.map(({ service }) => service).sort();

/** What `SHUTDOWN_GRACE_MS` is by default, and the time to close connections after it. */
const LONGEST_DRAIN_SECONDS = 25 + 5;
const BESIDE_THE_SERVICES = ['elasticsearch', 'front-door', 'migrate', 'postgres', 'rabbitmq', 'shop-simulator'];

describe('docker-compose.yml', () => {
  it('runs every service of Lockstep under its name, and nothing else', () => {
    const apps = appServices(compose);
    expect(apps.map(([name]) => name).sort()).toEqual(names);
    for (const [name, { command }] of apps) expect(command).toEqual([`apps/${name}/dist/main.js`]);
    const others = Object.keys(compose.services).filter((name) => !names.includes(name));
    expect(others.sort()).toEqual(BESIDE_THE_SERVICES);
  });

  it('runs a shop to try things with only when asked to, and lets nobody reach private addresses otherwise', () => {
    const { 'shop-simulator': simulator, 'shop-update': service } = compose.services;
    expect(simulator).toMatchObject({ profiles: ['demo'], command: ['apps/shop-simulator/dist/main.js'] });
    expect(simulator?.ports).toBeUndefined();
    expect(service?.environment?.['SHOP_URL_ALLOW_PRIVATE']).toBe('off');
  });

  it('lets each service finish what it has in hand, start again after a crash, and use no more than its share of memory', () => {
    for (const [name, service] of appServices(compose)) {
      const graceSeconds = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1]);
      expect([name, graceSeconds > LONGEST_DRAIN_SECONDS]).toEqual([name, true]);
      expect([name, service.restart, service.mem_limit]).toEqual([name, 'unless-stopped', '512m']);
    }
  });

  it('starts the services when every schema is up to date and the engines answer', () => {
    const { migrate, postgres, rabbitmq, elasticsearch } = compose.services;
    for (const [, { depends_on }] of appServices(compose)) {
      expect(depends_on).toEqual({
        migrate: { condition: 'service_completed_successfully' },
        rabbitmq: { condition: 'service_healthy' },
        elasticsearch: { condition: 'service_healthy' },
      });
    }
    expect(migrate).toMatchObject({ restart: 'no', depends_on: { postgres: { condition: 'service_healthy' } } });
    for (const engine of [postgres, rabbitmq, elasticsearch]) expect(engine?.healthcheck?.test?.[0]).toBe('CMD');
  });

  it('asks for an admin token, and shows nothing but the front door and RabbitMQ’s page, to this machine alone', () => {
    expect(() => readComposeFile({})).toThrow(/LOCKSTEP_ADMIN_TOKEN is missing/);
    const published = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    expect(published).toEqual([
      ['front-door', '127.0.0.1:8080:8080'],
      ['rabbitmq', '127.0.0.1:15672:15672'],
    ]);
  });

  it('keeps what the engines store in volumes with names', () => {
    const kept = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.filter((one) => /^\w+:/.test(one)),
    );
    expect(kept.map((one) => one.split(':')[0]).sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('gives the broker the user that the services come as, beside definitions that hold none', () => {
    const changed = readComposeFile({ LOCKSTEP_ADMIN_TOKEN: 'token', RABBITMQ_PASSWORD: 'a-password' });
    const { users, permissions } = JSON.parse(changed.configs['rabbitmq-user']?.content ?? '{}');
    expect(users).toEqual([{ name: 'lockstep', password: 'a-password', tags: 'administrator' }]);
    expect(permissions).toMatchObject([{ user: 'lockstep', vhost: '/' }]);
    expect(changed.services['tcs']?.environment?.['RABBITMQ_URL']).toBe('amqp://lockstep:a-password@rabbitmq:5672');
    expect(JSON.parse(readText('docker/rabbitmq/definitions.json'))).not.toHaveProperty('users');
  });
});

describe('the image', () => {
  it('is asked whether it lives, not whether its engines do', () => {
    expect(imageHealthCheck().slice(0, 2)).toEqual(['node', '-e']);
    expect(imageHealthCheck()[2]).toContain('/health/live');
  });

  it('is run by nobody in particular', () => {
    expect(readText('docker/Dockerfile')).toMatch(/^USER [1-9]\d*:\d+$/m);
  });

  it('is built from nothing that production would not need', () => {
    const ignored = readText('.dockerignore').split('\n');
    expect(ignored).toContain('*');
    for (const pattern of ['**/node_modules', '**/dist', '**/*.test.ts']) expect(ignored).toContain(pattern);
  });

  it('needs no package that only tests need', () => {
    const lock = JSON.parse(readText('package-lock.json')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
    };
    for (const name of ['vitest', 'typescript', '@nestjs/testing']) {
      const { dev, devOptional } = lock.packages[`node_modules/${name}`] ?? {};
      expect([name, dev || devOptional]).toEqual([name, true]);
    }
  });
});

describe('the front door', () => {
  const rules = readText('docker/front-door/rules.conf');

  it('knows where every service is, and of nobody else', () => {
    const hosts = [...rules.matchAll(/^set \$\w+ http:\/\/([\w-]+):3000;$/gm)].map(([, host]) => host);
    expect(hosts).toEqual(names);
  });

  it('has a place for every rule, and tells of each service whether it is ready', () => {
    for (const { path, itself, below } of frontDoorRules()) {
      if (itself) expect(rules).toContain(`location = ${path} {`);
      if (below) expect(rules).toContain(`location ^~ ${path}/ {`);
    }
    for (const name of names) expect(rules).toContain(`location = /health/ready/${name} {`);
  });

  it('finds the files that it is given', () => {
    const mounted = compose.services['front-door']?.volumes?.map((volume) => volume.split(':')[0]);
    const kept = readdirSync(new URL('../../docker/front-door', import.meta.url));
    for (const file of mounted ?? []) expect(kept).toContain(file?.replace('./docker/front-door/', ''));
    expect(mounted).toHaveLength(2);
  });
});
