import { describe, expect, it } from 'vitest';
import { describeWithEngines } from './describe-with-engines.js';
import { lookForEngines, readStateFile } from './find-engines.js';

/** Port 1 is reserved and never listens. */
const silent = {
  RABBITMQ_URL: 'amqp://127.0.0.1:1',
  RABBITMQ_MANAGEMENT_URL: 'http://127.0.0.1:1',
  DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none',
  ELASTICSEARCH_URL: 'http://127.0.0.1:1',
};

describe('lookForEngines', () => {
  it('names the variables that are missing and the command that starts engines', async () => {
    const found = await lookForEngines({ DATABASE_URL: 'postgres://x' }, { RABBITMQ_URL: 'amqp://x' });
    expect(found).toEqual({
      engines: undefined,
      reason: 'no engines (RABBITMQ_MANAGEMENT_URL, ELASTICSEARCH_URL); start them with: npm run engines',
    });
  });

  it('names the engines that do not answer', async () => {
    const found = await lookForEngines({}, silent);
    expect(found).toEqual({
      engines: undefined,
      reason: 'no answer from RabbitMQ, PostgreSQL, Elasticsearch; start them with: npm run engines',
    });
  });
});

describeWithEngines('lookForEngines, with engines', (engines) => {
  it('takes a variable of the environment before the state file', async () => {
    const state = readStateFile();
    const found = await lookForEngines({ ...asVariables(), DATABASE_URL: silent.DATABASE_URL }, state);
    expect(found).toMatchObject({ reason: expect.stringContaining('no answer from PostgreSQL;') });
  });

  it('finds engines that answer', async () => {
    expect(await lookForEngines(asVariables(), {})).toEqual({ engines });
  });

  function asVariables() {
    return {
      RABBITMQ_URL: engines.rabbitmqUrl,
      RABBITMQ_MANAGEMENT_URL: engines.rabbitmqManagementUrl,
      DATABASE_URL: engines.databaseUrl,
      ELASTICSEARCH_URL: engines.elasticsearchUrl,
    };
  }
});
