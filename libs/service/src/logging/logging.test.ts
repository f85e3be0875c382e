import { newContext, runInContext } from '@lockstep/messaging';
import { describe, expect, it } from 'vitest';
import { createLogger, NestLogger } from '../index.js';

function logging() {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const logger = new NestLogger(createLogger({ service: 's', version: '1', level: 'info', destination }));
  return { lines, logger };
}

describe('the log', () => {
  it('writes one JSON line with the service, the context and what was given', () => {
    const { lines, logger } = logging();
    const context = newContext({ requestId: 'r-1' });
    runInContext({ ...context, runId: 'run-7' }, () => {
      logger.log('hello\nworld', 'Sync');
      logger.warn({ msg: 'slow', durationMs: 5 }, 'Sync');
      logger.error(new TypeError('broken'), 'Sync');
      logger.error('failed', 'Error: x\n    at y', 'Sync');
      logger.debug('not at this level');
    });
    expect(lines).toMatchObject([
      {
        level: 'info',
        service: 's',
        version: '1',
        context: 'Sync',
        msg: 'hello\nworld',
        requestId: 'r-1',
        runId: 'run-7',
      },
      { level: 'warn', msg: 'slow', durationMs: 5 },
      { level: 'error', msg: 'broken', err: { type: 'TypeError' } },
      { level: 'error', msg: 'failed', stack: 'Error: x\n    at y' },
    ]);
    expect(lines[0]).toHaveProperty('time', expect.stringMatching(/^\d{4}-.*Z$/));
  });

  it('hides secrets', () => {
    const { lines, logger } = logging();
    logger.log({ msg: 'm', token: 'a', config: { password: 'b' }, headers: { authorization: 'c' } });
    expect(lines[0]).toMatchObject({
      token: '[hidden]',
      config: { password: '[hidden]' },
      headers: { authorization: '[hidden]' },
    });
  });
});
