/** The table that a person reads; everything behind it is in the file of results. */
import { spreadOf } from '../figures.mjs';
import { JUDGED_FROM } from './bars.mjs';

const WIDTH = 34;

export function printImports({ results, oneByOne, verdicts }) {
  console.log('\nImports, owners that answer at once. Median (least–greatest).');
  for (const [at, { objects, links, pairs }] of results.entries()) {
    console.log(`\n${objects} objects, ${links} links, ${pairs.length} imports`);
    const of = (what) => spreadOf(pairs.map(what));
    row('reading', `${figure(of(({ ours }) => ours.readSeconds))} s`);
    row(
      'execution',
      `${figure(
        of(({ ours }) => objects / ours.executeSeconds),
        0,
      )} objects/s`,
    );
    row('COPY of the same rows', `${figure(of(({ copy }) => copy.seconds))} s`);
    row('execution, times COPY', figure(of(({ ours, copy }) => ours.executeSeconds / copy.seconds)));
    row('planning, times COPY', figure(of(({ ours, copy }) => ours.planSeconds / copy.seconds)));
    const perSecond = of(({ ours }) => objects / ours.executeSeconds).median / oneByOne.perSecond;
    row('execution, times one by one', perSecond.toFixed(1));
    row('CPU s', cpuOf(pairs.map(({ ours }) => ours.cpu)));
    row(
      'others used',
      `${figure(spreadOf(pairs.map(({ ours }) => (ours.cpu.otherShare ?? 0) * 100)), 0)} % of all cores`,
    );
    for (const { what, value, bar, verdict } of verdicts[at]) {
      row(what, `${value === null ? 'void' : figure(value)}  bar <= ${bar.most}: ${verdict}`);
    }
  }
  console.log(`\nOne message an object: ${oneByOne.objects} objects, ${oneByOne.perSecond.toFixed(0)} a second`);
  if (!results.some(({ size }) => size >= JUDGED_FROM))
    console.log(`\nNo bar was judged: they count from ${JUDGED_FROM} objects on.`);
}

function cpuOf(cpus) {
  return Object.keys(cpus[0].cpuSeconds)
    .map((name) => `${name} ${spreadOf(cpus.map(({ cpuSeconds }) => cpuSeconds[name])).median.toFixed(1)}`)
    .join(', ');
}

function figure({ median, min, max }, digits = 1) {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function row(what, text) {
  console.log(`  ${what.padEnd(WIDTH)}${text}`);
}
