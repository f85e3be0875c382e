// npm start: every service in this process; apps/standalone says what its settings are.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Lockstep needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
const main = new URL('../apps/standalone/dist/main.js', import.meta.url);
if (!existsSync(main)) console.log('Building Lockstep ...');
const { build } = await import('./build.mjs');
if (!build()) {
  console.error('Lockstep is not built. Install it with npm ci; what the compiler has found stands above.');
  process.exit(1);
}
await import(main.href);
