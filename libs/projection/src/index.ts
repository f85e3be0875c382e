export * from './master-doctor-index.js';
