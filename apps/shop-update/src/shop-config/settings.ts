import type { Flow, ShopMethod, Topic } from '../queue/topics.js';

/** A key of the shop for its callbacks: only its SHA-256 is kept, as hex. */
export interface CallbackKey {
  readonly sha256: string;
}

/** How a topic is treated. */
export interface TopicSettings {
  /** Nothing of it is sent meanwhile; what changes waits. */
  readonly paused: boolean;
  /** What the shop calls it in the header `X-SC-Topic`; null: our own token. */
  readonly headerName: string | null;
}

/** When calls of a method, or all of them, are held back because they fail. */
export interface BreakerSettings {
  readonly windowSeconds: number;
  /** Fewer in a window tell nothing. */
  readonly minCalls: number;
  readonly failurePercent: number;
  /** So many in a row open it whatever the window says. */
  readonly consecutiveFailures: number;
  readonly openSeconds: number;
  /** The first wait where nobody takes a connection, whatever the method. */
  readonly unreachableSeconds: number;
  /** Each failed probe doubles the wait, up to this. */
  readonly maxOpenSeconds: number;
}

/** Everything about the shop that an admin can set. One row a version; the greatest is in force. */
export interface Settings {
  /** 0 before anything was ever set. */
  readonly version: number;
  readonly flow: Flow;
  readonly shopUrl: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly venture: string;
  readonly country: string;
  readonly environment: string;
  readonly platformIdentifier: string;
  readonly callbackApiKeys: readonly CallbackKey[];
  /** Addresses and networks: `192.0.2.7`, `192.0.2.0/24`. */
  readonly callbackAllowedIps: readonly string[];
  /** Proxies before this service that tell a caller's address: how many, or their networks; null: as the service trusts. */
  readonly trustedProxies: string | null;
  readonly priceMethod: Extract<ShopMethod, 'Product.updatePrices' | 'Product.updateProducts'>;
  readonly ackMode: 'strict' | 'lenient';
  readonly blockScope: 'set' | 'product';
  readonly failedBlocksLane: boolean;
  readonly retryNowOnChange: boolean;
  readonly holdConsignment: boolean;
  /** Whether a retry's delay gets up to a tenth more, at most 15 minutes. */
  readonly jitter: boolean;
  readonly maxRetries: number;
  readonly attentionAfterFailures: number;
  readonly stockHoldSeconds: number;
  /** How long a callback is waited for; null: for ever. */
  readonly callbackTimeoutSeconds: number | null;
  readonly ackAgeWarnSeconds: number;
  readonly connectSeconds: number;
  readonly responseSeconds: number;
  readonly ackSeconds: number;
  /** The rate at which the queue is drained, all workers together; null: no limit. */
  readonly maxCallsPerSecond: number | null;
  /** Only topics that differ from the default. */
  readonly topics: Partial<Readonly<Record<Topic, TopicSettings>>>;
  readonly pausedTopics: readonly Topic[];
  readonly pausedMethods: readonly ShopMethod[];
  readonly breaker: BreakerSettings;
}

/** What is kept of settings; what is derived from it is not. */
export type StoredSettings = Omit<Settings, 'version' | 'pausedTopics'>;

export const DEFAULT_SETTINGS: StoredSettings = {
  flow: 'synchronous',
  shopUrl: null,
  username: null,
  password: null,
  venture: 'lockstep',
  country: 'ke',
  environment: 'live',
  platformIdentifier: 'SellerCenter',
  callbackApiKeys: [],
  callbackAllowedIps: [],
  trustedProxies: null,
  priceMethod: 'Product.updatePrices',
  ackMode: 'strict',
  blockScope: 'set',
  failedBlocksLane: false,
  retryNowOnChange: false,
  holdConsignment: false,
  jitter: false,
  maxRetries: 27,
  attentionAfterFailures: 12,
  stockHoldSeconds: 600,
  callbackTimeoutSeconds: null,
  ackAgeWarnSeconds: 86_400,
  connectSeconds: 5,
  responseSeconds: 60,
  ackSeconds: 15,
  maxCallsPerSecond: null,
  topics: {},
  pausedMethods: [],
  breaker: {
    windowSeconds: 300,
    minCalls: 20,
    failurePercent: 50,
    consecutiveFailures: 10,
    openSeconds: 60,
    unreachableSeconds: 5,
    maxOpenSeconds: 300,
  },
};

/** Settings in force, from the newest row: what it does not state has its default. */
export function toSettings(version: number, stored: Partial<StoredSettings>): Settings {
  const breaker = { ...DEFAULT_SETTINGS.breaker, ...stored.breaker };
  const topics = stored.topics ?? {};
  const pausedTopics = (Object.keys(topics) as Topic[]).filter((topic) => topics[topic]?.paused);
  return { ...DEFAULT_SETTINGS, ...stored, version, breaker, topics, pausedTopics };
}
