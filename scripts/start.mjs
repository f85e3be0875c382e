// npm start: builds what has changed (about ten seconds the first time, a third of a second later) and runs Lockstep.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Lockstep needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const main = path('apps/standalone/dist/main.js');
const compiler = path('node_modules/typescript/bin/tsc');
// An installation without development dependencies runs what was built before.
if (existsSync(compiler)) {
  if (!existsSync(main)) console.log('Building Lockstep (the first start only) ...');
  const { status } = spawnSync(process.execPath, [compiler, '-b', path('.')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
} else if (!existsSync(main)) {
  console.error('Lockstep is not installed; run: npm ci');
  process.exit(1);
}
await import(new URL('../apps/standalone/dist/main.js', import.meta.url).href);
