import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable } from '@lockstep/database';
import { isSearchUnavailable } from '@lockstep/search';

/** True for an error that says that the database or the index is gone for now, and nothing about the data. */
export function isEngineUnavailable(error: unknown): boolean {
  return isDatabaseUnavailable(error) || isSearchUnavailable(error);
}

const RETRY_MS = 500;

/**
 * Does what a service needs done before it can start, again and again while an engine does not answer.
 * Throws the engine's error when it does not within `timeoutMs`, and any other error at once.
 */
export async function whenEngineAnswers<T>(work: () => Promise<T>, timeoutMs = 60_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isEngineUnavailable(error) || performance.now() >= deadline) throw error;
      await delay(RETRY_MS);
    }
  }
}
