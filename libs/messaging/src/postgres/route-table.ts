import { matchesTopic } from './topic-pattern.js';

/** Keys may come from data: beyond this many remembered routes the memory is emptied. */
const MAX_REMEMBERED = 10_000;

export interface Binding {
  readonly exchange: string;
  readonly pattern: string;
  readonly queueId: number;
}

/** Which queues a message goes to, as things stood at one version of the topology. */
export class RouteTable {
  private readonly remembered = new Map<string, readonly number[]>();

  constructor(
    readonly version: string,
    private readonly queueIds: ReadonlyMap<string, number>,
    private readonly bindings: readonly Binding[],
  ) {}

  /** Each queue once; none: unroutable. The exchange `''` leads to the queue that the key names. */
  queuesFor(exchange: string, routingKey: string): readonly number[] {
    const route = `${exchange}\n${routingKey}`;
    const known = this.remembered.get(route);
    if (known) return known;
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    const found = this.find(exchange, routingKey);
    this.remembered.set(route, found);
    return found;
  }

  private find(exchange: string, routingKey: string): number[] {
    if (exchange === '') {
      const queueId = this.queueIds.get(routingKey);
      return queueId === undefined ? [] : [queueId];
    }
    const matching = this.bindings.filter(
      (binding) => binding.exchange === exchange && matchesTopic(binding.pattern, routingKey),
    );
    return [...new Set(matching.map(({ queueId }) => queueId))];
  }
}
