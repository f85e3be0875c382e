/** The table that a person reads; everything behind it is in the file of results. */
import { spreadOf } from '../figures.mjs';

const WIDTH = 36;

export function printShop({ pairs, idle, results, memoryMb, verdicts }) {
  console.log(`\nThe shop's queue. Median (least–greatest) of ${pairs.length} pairs.\n`);
  row('through the whole queue', `${figure(pairs.map(({ ours }) => ours.perSecond))} items/s`);
  row('raw', `${figure(pairs.map(({ raw }) => raw.perSecond))} items/s`);
  row('CPU s of ours', cpuOf(pairs.map(({ ours }) => ours.cpu)));
  row('CPU s of raw', cpuOf(pairs.map(({ raw }) => raw.cpu)));
  row('others used', `${figure(pairs.map(({ ours }) => (ours.cpu.otherShare ?? 0) * 100))} % of all cores`);
  row('one change is heard after', `p50 ${idle.p50}, p99 ${idle.p99}, max ${idle.max} ms`);
  for (const { size, claimMs, listMs, graphMs } of results) {
    row(
      `${size} wait, ${size} done`,
      `claim ${claimMs.toFixed(1)}, lists p95 ${listMs.toFixed(0)}, graphs ${graphMs.toFixed(0)} ms`,
    );
  }
  row(
    'max RSS',
    Object.entries(memoryMb)
      .map(([app, mb]) => `${app} ${mb} MB`)
      .join(', '),
  );
  for (const { what, value, bar, verdict } of verdicts) {
    const limit = bar.least === undefined ? `<= ${bar.most}` : `>= ${bar.least}`;
    const shown =
      value === null ? 'void' : `${value.median.toFixed(2)} (${value.min.toFixed(2)}–${value.max.toFixed(2)})`;
    row(what, `${shown}  bar ${limit}: ${verdict}`);
  }
}

function cpuOf(cpus) {
  return Object.keys(cpus[0].cpuSeconds)
    .map((name) => `${name} ${spreadOf(cpus.map(({ cpuSeconds }) => cpuSeconds[name])).median.toFixed(1)}`)
    .join(', ');
}

function figure(values) {
  const { median, min, max } = spreadOf(values);
  return `${Math.round(median)} (${Math.round(min)}–${Math.round(max)})`;
}

function row(what, text) {
  console.log(`  ${what.padEnd(WIDTH)}${text}`);
}
