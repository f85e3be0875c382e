import { describeBroker } from '../broker/broker.conformance.js';
import { makePostgresPlace } from './postgres-place.conformance.js';

describeBroker('PostgreSQL keeps the promises of a broker', makePostgresPlace);
