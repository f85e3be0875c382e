import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** What a figure depends on: processor, memory, versions. Nothing that names the machine or its owner. */
export function machineFacts() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    commit: git('rev-parse', 'HEAD'),
    isCommitted: git('status', '--porcelain', '--untracked-files=no') === '',
    amqplib: versionOf('amqplib'),
    pg: versionOf('pg'),
  };
}

function git(...args) {
  try {
    return execFileSync('git', args, { encoding: 'utf8', cwd: new URL('..', import.meta.url), stdio: 'pipe' }).trim();
  } catch {
    return null;
  }
}

function versionOf(name) {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
