import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IsArray, IsBoolean, IsInt, IsString, Max } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { ConfigError, Env, loadConfig, SearchingServiceConfig, ServiceConfig } from '../index.js';

class SyncConfig extends ServiceConfig {
  @Env('BATCH_ITEMS', { expects: 'a whole number up to 1000' })
  @IsInt()
  @Max(1_000)
  batchItems: number = 200;

  @Env('DRY_RUN')
  @IsBoolean()
  isDryRun: boolean = false;

  @Env('LISTS')
  @IsArray()
  @IsString({ each: true })
  lists: string[] = [];
}

const NEEDED = { RABBITMQ_URL: 'amqp://host', DATABASE_URL: 'postgres://host/db' };

function problemsOf(config: new () => object, env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(config, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('loadConfig', () => {
  it('keeps defaults, and reads what is set by the type of its property', () => {
    const set = { PORT: '8080', BATCH_ITEMS: '7', DRY_RUN: 'on', LISTS: 'a, b,', LOG_LEVEL: '' };
    expect(loadConfig(SyncConfig, { ...NEEDED, ...set })).toMatchObject({
      port: 8080,
      batchItems: 7,
      isDryRun: true,
      lists: ['a', 'b'],
      logLevel: 'info',
      shutdownGraceMs: 25_000,
      databaseUrl: 'postgres://host/db',
    });
  });

  it('tells everything that is missing or wrong at once, by the name of the variable', () => {
    const env = { PORT: '80a', DATABASE_URL: 'mysql://root:secret@host', BATCH_ITEMS: '1001', DRY_RUN: 'perhaps' };
    expect([...problemsOf(SyncConfig, env)].sort()).toEqual([
      'BATCH_ITEMS is "1001"; expected: a whole number up to 1000',
      'DATABASE_URL is set to something else; expected: postgres://user:password@host:port/database',
      'DRY_RUN is "perhaps"; expected: it must be a boolean value',
      'PORT is "80a"; expected: a port from 0 to 65535',
      'RABBITMQ_URL is missing; expected: amqp://user:password@host:port/vhost, or postgres://user:password@host:port/database',
    ]);
  });

  it.each([
    ['1', true],
    ['2, 10.0.0.0/8', false],
    ['10.0.0.0/8, ::1', true],
    ['loopback', true],
    ['true', false],
    ['*', false],
  ])('takes TRUST_PROXY=%s: %s', (value, isFine) => {
    const env = { ...NEEDED, TRUST_PROXY: value };
    if (isFine) expect(loadConfig(ServiceConfig, env).trustProxy).toBe(value);
    else expect(problemsOf(ServiceConfig, env)).toHaveLength(1);
  });

  it.each([
    ['amqp://user:x@host/vhost', true],
    ['amqps://host', true],
    ['postgres://host/db', true],
    ['postgresql://host/db', true],
    ['mysql://host/db', false],
    ['http://postgres://host', false],
  ])('takes RABBITMQ_URL=%s: %s', (value, isFine) => {
    const env = { ...NEEDED, RABBITMQ_URL: value };
    if (isFine) expect(loadConfig(ServiceConfig, env).rabbitmqUrl).toBe(value);
    else expect(problemsOf(ServiceConfig, env)).toHaveLength(1);
  });

  it('asks a service that searches for its search engine too', () => {
    expect(problemsOf(SearchingServiceConfig, NEEDED)).toEqual([
      'ELASTICSEARCH_URL is missing; expected: http://host:port, or postgres://user:password@host:port/database',
    ]);
  });

  it.each([
    ['http://host:9200', true],
    ['https://user:password@host', true],
    ['postgres://host/db', true],
    ['postgresql://host/db', true],
    ['mysql://host/db', false],
    ['host:9200', false],
  ])('takes ELASTICSEARCH_URL=%s: %s', (url, isFine) => {
    const env = { ...NEEDED, ELASTICSEARCH_URL: url };
    if (isFine) expect(loadConfig(SearchingServiceConfig, env).elasticsearchUrl).toBe(url);
    else expect(problemsOf(SearchingServiceConfig, env)).toHaveLength(1);
  });

  it('reads a secret from the file that a variable names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-config-'));
    try {
      const file = join(folder, 'token');
      writeFileSync(file, 'from-a-file\n');
      expect(loadConfig(ServiceConfig, { ...NEEDED, LOCKSTEP_ADMIN_TOKEN_FILE: file }).adminToken).toBe('from-a-file');
      const twice = { ...NEEDED, LOCKSTEP_ADMIN_TOKEN_FILE: file, LOCKSTEP_ADMIN_TOKEN: 'and-directly' };
      expect(problemsOf(ServiceConfig, twice)).toEqual([
        'LOCKSTEP_ADMIN_TOKEN is set twice: as LOCKSTEP_ADMIN_TOKEN and as LOCKSTEP_ADMIN_TOKEN_FILE',
      ]);
      const { DATABASE_URL: _, ...rest } = NEEDED;
      expect(problemsOf(ServiceConfig, { ...rest, DATABASE_URL_FILE: join(folder, 'none') })).toEqual([
        'DATABASE_URL cannot be read from the file that DATABASE_URL_FILE names',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
