/** One value of a metric with its labels, in the units its name states. */
export interface CounterSample {
  readonly name: CounterName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Metrics of this library: what is counted, and by which labels. Only ever growing within a process. */
export const COUNTERS = {
  messaging_published_total: 'Publishes by outcome: confirmed, unroutable, refused, timeout, closed, not connected.',
  messaging_delivered_total: 'Messages handed over by the broker, by queue.',
  messaging_settled_total: 'Messages settled, by queue and verdict.',
  messaging_batches_total: 'Handler calls, by queue.',
  messaging_batch_messages_total: 'Messages in those calls, by queue; divided by the calls: the mean batch.',
  messaging_handler_seconds_total: 'Time spent in handlers, by queue.',
  messaging_channel_reopens_total: 'Consumer channels opened again after a loss, by queue.',
} as const;

export type CounterName = keyof typeof COUNTERS;

/** The numbers a metrics endpoint reads; no metrics library is assumed. */
export class MessagingCounters {
  private readonly values = new Map<string, { name: CounterName; labels: Record<string, string>; value: number }>();

  add(name: CounterName, labels: Record<string, string>, amount = 1): void {
    const key = `${name}|${Object.values(labels).join('|')}`;
    const known = this.values.get(key);
    if (known) known.value += amount;
    else this.values.set(key, { name, labels, value: amount });
  }

  /** Every counter that was ever raised. */
  samples(): CounterSample[] {
    return [...this.values.values()].map((sample) => ({ ...sample }));
  }

  /** The sum of a metric's values over all label sets that contain `labels`; 0 when it was never raised. */
  total(name: CounterName, labels: Record<string, string> = {}): number {
    return this.samples()
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((sum, sample) => sum + sample.value, 0);
  }
}
