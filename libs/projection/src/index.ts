export { DateChanges, TRANSITION_FIELD } from './date-changes/date-changes.js';
export * from './master-doctor-index.js';
export { ProjectedIndexHealth } from './projected-index.health.js';
export { ProjectedIndex } from './projected-index.js';
export type { Projection } from './projection.js';
export * from './projection.module.js';
