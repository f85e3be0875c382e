import { hostname } from 'node:os';

/** This replica, as operators find it among the holders of leases. */
export const WORKER_NAME = `${hostname()}:${process.pid}`;
