import { refuseOldNode } from './old-node.js';

refuseOldNode(process.versions.node);
// Not before: what it imports may not even load on an old Node.js.
const { runStandalone } = await import('./run-standalone.js');
await runStandalone();
