import type { Broker, OutgoingMessage } from './broker.js';

/** A broker that keeps what it is sent; `answer` decides each publish. What a test does not expect to be called fails it. */
export function makeBrokerDouble(answer: (message: OutgoingMessage) => Promise<void> = async () => undefined) {
  const published: OutgoingMessage[] = [];
  const unexpected = (): never => {
    throw new Error('not expected in this test');
  };
  const broker: Broker = {
    connect: unexpected,
    publish: (message) => {
      published.push(message);
      return answer(message);
    },
    subscribe: unexpected,
    subscribeDead: unexpected,
    drain: unexpected,
    close: unexpected,
    state: unexpected,
  };
  return { broker, published };
}
