/**
 * The service as its main.ts starts it, with the messages of the GMC part in the catalogue, for as long as the catalogue
 * itself lacks them.
 */
import 'reflect-metadata';
import {
  getMasterCommand,
  gmcDoctorsUpdated,
  gmcSyncData,
  gmcSyncEnd,
  gmcSyncStart,
  indexRebuildReported,
  masterDoctorsUpdated,
  messages,
} from '@lockstep/contracts';

const needed = [gmcSyncStart, gmcSyncData, gmcSyncEnd, gmcDoctorsUpdated];
for (const message of [...needed, getMasterCommand, indexRebuildReported, masterDoctorsUpdated]) {
  if (!messages.includes(message)) messages.push(message);
}
await import(new URL('../dist/main.js', import.meta.url).href);
