import { getMasterCommand, indexRebuildReported, masterDoctorsUpdated } from '@lockstep/contracts';
import { checkWiring, handledQueues } from '@lockstep/messaging';
import { expect, it } from 'vitest';
import { CONSUMERS, PUBLISHED } from './connection.module.js';

it('consumes and publishes exactly what the messages say of this service', () => {
  const catalogue = [getMasterCommand, masterDoctorsUpdated, indexRebuildReported];
  const faults = checkWiring({
    service: 'connection',
    catalogue,
    handlers: handledQueues(CONSUMERS),
    publishes: PUBLISHED,
  });
  expect(faults).toEqual([]);
});
