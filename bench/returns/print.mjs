/** The table that a person reads; everything behind it is in the file of results. */
import { spreadOf } from '../figures.mjs';

const WIDTH = 34;

export function printReturns({ results, verdicts }) {
  console.log('\nReturns. Median (least–greatest) of the pairs.');
  for (const [at, { size, first, pairs, small, searches, freshness, memoryMb }] of results.entries()) {
    console.log(`\n${size} returns, ${pairs.length} pairs`);
    row('first full load', `${Math.round(size / first.seconds)} returns/s`);
    row(
      'windows',
      `${figure(
        pairs.map(({ ours }) => ours.perSecond),
        0,
      )} returns/s`,
    );
    row(
      'raw',
      `${figure(
        pairs.map(({ raw }) => raw.perSecond),
        0,
      )} returns/s`,
    );
    row('window of 100 changes', `${figure(small, 2)} s`);
    row(
      'searches',
      `p50 ${searches.p50.toFixed(0)}, p95 ${searches.p95.toFixed(0)}, max ${searches.max.toFixed(0)} ms`,
    );
    row(
      'found after',
      `p50 ${freshness.p50.toFixed(2)}, p99 ${freshness.p99.toFixed(2)}, max ${freshness.max.toFixed(2)} s (${freshness.changes} changes)`,
    );
    row('CPU s of a window', cpuOf(pairs.map(({ ours }) => ours.cpu)));
    row('CPU s raw', cpuOf(pairs.map(({ raw }) => raw.cpu)));
    row(
      'others used',
      `${figure(
        pairs.map(({ ours }) => (ours.cpu.otherShare ?? 0) * 100),
        0,
      )} % of all cores`,
    );
    row(
      'max RSS',
      Object.entries(memoryMb)
        .map(([app, mb]) => `${app} ${mb} MB`)
        .join(', '),
    );
    for (const { what, value, bar, verdict } of verdicts[at]) {
      const limit = bar.least === undefined ? `<= ${bar.most}` : `>= ${bar.least}`;
      row(
        what,
        `${value === null ? 'void' : `${value.median.toFixed(2)} (${value.min.toFixed(2)}–${value.max.toFixed(2)})`}  bar ${limit}: ${verdict}`,
      );
    }
  }
}

function cpuOf(cpus) {
  return Object.keys(cpus[0].cpuSeconds)
    .map((name) => `${name} ${spreadOf(cpus.map(({ cpuSeconds }) => cpuSeconds[name])).median.toFixed(1)}`)
    .join(', ');
}

function figure(values, digits) {
  const { median, min, max } = spreadOf(values);
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function row(what, text) {
  console.log(`  ${what.padEnd(WIDTH)}${text}`);
}
