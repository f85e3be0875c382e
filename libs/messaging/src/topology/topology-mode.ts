/**
 * Who makes queues. `assert`: each service makes its own, with the arguments of the definitions file, so that both
 * agree and a deleted queue comes back by itself. `passive`: an operator does; a missing queue is waited for, loudly.
 */
export type TopologyMode = 'assert' | 'passive';
