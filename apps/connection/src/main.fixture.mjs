/**
 * The service as its main.ts starts it, with the messages of the projections in the catalogue, for as long as the catalogue
 * itself lacks them.
 */
import 'reflect-metadata';
import { getMasterCommand, indexRebuildReported, masterDoctorsUpdated, messages } from '@lockstep/contracts';

for (const message of [getMasterCommand, masterDoctorsUpdated, indexRebuildReported]) {
  if (!messages.includes(message)) messages.push(message);
}
await import(new URL('../dist/main.js', import.meta.url).href);
