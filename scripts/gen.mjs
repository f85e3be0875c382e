/**
 * `node scripts/gen.mjs [--check]`: writes the files that are made from the message catalogue and from the routes of the
 * services, or with `--check` names those which differ from what would be written. Works on what was built.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messages, renderMessageCatalogue } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { frontDoorRules } from '@lockstep/standalone';
import { renderNginxRules } from './nginx-rules.mjs';

/** Path from the root of the repository to what stands there. */
const generators = {
  'docs/messages.md': () => renderMessageCatalogue(),
  // What the reverse proxy before services that run alone needs to know.
  'docker/front-door/rules.json': () => `${JSON.stringify(frontDoorRules(), null, 2)}\n`,
  'docker/front-door/rules.conf': () => renderNginxRules(frontDoorRules()),
  'docker/rabbitmq/definitions.json': () => `${JSON.stringify(buildRabbitDefinitions(messages), null, 2)}\n`,
};

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const onlyCheck = process.argv.includes('--check');
for (const [name, render] of Object.entries(generators)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const text = render();
  if (read(path) === text) continue;
  if (onlyCheck) {
    console.error(`${name} is stale; run: npm run gen`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${name}`);
  }
}
