import { describeSearchEngine } from '../engine/search-engine.conformance.js';
import { MemorySearchEngine } from './memory-search-engine.js';

describeSearchEngine('MemorySearchEngine', async () => ({
  engine: new MemorySearchEngine(),
  remove: async () => {},
}));
