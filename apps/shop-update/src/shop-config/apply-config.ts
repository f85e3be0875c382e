import { createHash } from 'node:crypto';
import { type FieldError, ProblemError, validationProblem } from '@lockstep/service';
import type { Topic } from '../queue/topics.js';
import { refuseShopUrl } from '../shop/shop-url.js';
import type { ConfigBody } from './config-body.js';
import { parseNetwork } from './network.js';
import { type CallbackKey, DEFAULT_SETTINGS, type StoredSettings, type TopicSettings } from './settings.js';

/**
 * The settings after a change. Throws what its caller is told: a 400 for fields that are not as they should be, a 409 when the
 * shop could not call back.
 */
export function applyConfig(former: StoredSettings, body: ConfigBody, allowPrivate: boolean): StoredSettings {
  refuseBadFields(body, allowPrivate);
  const { callbackApiKeys, topics, breaker, ...plain } = body;
  const changes: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(plain)) {
    // What is shown beside the settings is none of them.
    if (value === undefined || !(field in DEFAULT_SETTINGS)) continue;
    changes[field] = value === null ? DEFAULT_SETTINGS[field as keyof StoredSettings] : value;
  }
  const next: StoredSettings = {
    ...former,
    ...changes,
    callbackApiKeys: callbackApiKeys === undefined ? former.callbackApiKeys : (callbackApiKeys ?? []).map(toKey),
    topics: topics === null ? {} : mergeTopics(former.topics, topics),
    breaker: breaker === null ? DEFAULT_SETTINGS.breaker : { ...former.breaker, ...withoutNothing(breaker) },
  };
  refuseUnreachable(next);
  return next;
}

/** Throws the 409 of a change that was made from settings which are not in force any more. */
export function refuseOutdated(stated: number | null | undefined, inForce: number): void {
  if (stated === undefined || stated === null || stated === inForce) return;
  const detail = `The settings are at version ${inForce} by now; look at them again.`;
  throw new ProblemError(409, 'CONFIG_CHANGED', detail, { version: inForce });
}

/** What is kept of a key. */
export function toKey(key: string): CallbackKey {
  return { sha256: createHash('sha256').update(key).digest('hex') };
}

function refuseBadFields({ shopUrl, callbackAllowedIps, trustedProxies }: ConfigBody, allowPrivate: boolean): void {
  const errors: FieldError[] = [];
  const refusal = typeof shopUrl === 'string' ? refuseShopUrl(shopUrl, allowPrivate) : undefined;
  if (refusal !== undefined) errors.push({ path: 'shopUrl', message: `shopUrl ${refusal}` });
  for (const [index, text] of (callbackAllowedIps ?? []).entries()) {
    const path = `callbackAllowedIps.${index}`;
    if (!parseNetwork(text)) errors.push({ path, message: `${path} must be an address or a network (192.0.2.0/24)` });
  }
  if (typeof trustedProxies === 'string' && !isProxies(trustedProxies)) {
    const message = 'trustedProxies must be a number of proxies, or a comma list of addresses and networks';
    errors.push({ path: 'trustedProxies', message });
  }
  if (errors.length > 0) throw validationProblem(errors);
}

function isProxies(text: string): boolean {
  return /^\d{1,2}$/.test(text) || text.split(',').every((each) => parseNetwork(each) !== undefined);
}

function mergeTopics(former: StoredSettings['topics'], body: ConfigBody['topics']): StoredSettings['topics'] {
  const stated = Object.entries(body ?? {}).filter(([, value]) => value !== undefined);
  const changes = stated.map(([topic, value]): [Topic, TopicSettings] => [
    topic as Topic,
    { paused: value?.paused ?? false, headerName: value?.headerName ?? null },
  ]);
  return { ...former, ...Object.fromEntries(changes) };
}

function withoutNothing<T extends object>(stated: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(stated ?? {}).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<T>;
}

function refuseUnreachable({ flow, callbackApiKeys, callbackAllowedIps }: StoredSettings): void {
  if (flow !== 'asynchronous' || (callbackApiKeys.length > 0 && callbackAllowedIps.length > 0)) return;
  const detail = 'The asynchronous flow needs callbackApiKeys and callbackAllowedIps: the shop could not call back.';
  throw new ProblemError(409, 'CALLBACK_ACCESS_NOT_SET', detail);
}
