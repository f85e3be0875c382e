/** The table that a person reads; everything behind it is in the file of results. */
import { spreadOf } from '../figures.mjs';
import { JUDGED_FROM, undisturbed } from './bars.mjs';

const WIDTH = 34;

export function printSync({ results, oneByOne, verdicts, apps }) {
  console.log(
    `\nTrainee sync, services ${apps.join(', ')}. Median (least–greatest) of the runs that nobody disturbed.`,
  );
  for (const [at, result] of results.entries()) printSize(result, verdicts[at]);
  console.log(`\nOne by one, ${oneByOne[0].doctors} doctors, ${oneByOne[0].messages} messages`);
  row(
    'whole',
    figure(
      shownRuns(oneByOne).map(({ perSecond }) => perSecond),
      ' doctors/s',
      1,
    ),
  );
  row('others used', others(shownRuns(oneByOne).map(({ cpu }) => cpu)));
  if (!results.some(({ size }) => size >= JUDGED_FROM)) {
    console.log(`\nNo bar was judged: they count from ${JUDGED_FROM} people on.`);
  }
}

function printSize({ loaded, documents, firstRun, pairs, attempts }, verdicts) {
  const shown = shownRuns(pairs);
  const runs = shown.map(({ ours }) => ours);
  const lines = Object.entries(loaded).map(([what, { lines }]) => `${lines} ${what}`);
  console.log(`\n${lines.join(', ')} -> ${documents} documents; ${describePairs(pairs, attempts)}`);
  row(
    'whole run',
    `${figure(
      runs.map(({ perSecond }) => perSecond),
      ' doctors/s',
    )}, ${figure(
      runs.map(({ seconds }) => seconds),
      ' s',
      2,
    )}`,
  );
  for (const { name } of runs[0].phases)
    row(`  ${name}`, describePhase(runs.map(({ phases }) => phases.find((phase) => phase.name === name))));
  row(
    'first run, not judged',
    `${Math.round(firstRun.perSecond)} doctors/s, ${firstRun.mastersBefore} master rows before it`,
  );
  row(
    'raw chain',
    figure(
      shown.map(({ raw }) => raw.perSecond),
      ' documents/s',
    ),
  );
  row('CPU s of our run', cpuOf(runs));
  row('CPU s of the raw chain', cpuOf(shown.map(({ raw }) => raw)));
  row('others used, our runs', others(runs.map(({ cpu }) => cpu)));
  row('others used, raw', others(shown.map(({ raw }) => raw.cpu)));
  for (const verdict of verdicts) row(verdict.what, describeVerdict(verdict));
}

/** Figures of disturbed runs are better than none, as long as they say so. */
function shownRuns(results) {
  const counted = undisturbed(results);
  return counted.length > 0 ? counted : results;
}

function describePairs(pairs, attempts) {
  const counted = undisturbed(pairs).length;
  if (counted === 0) return `ALL ${attempts} pairs disturbed by others: figures shown, none counts`;
  return `${counted} ${counted === 1 ? 'pair' : 'pairs'}${attempts > counted ? `, ${attempts - counted} more void` : ''}`;
}

function describePhase(phases) {
  const seconds = figure(
    phases.map((phase) => phase.seconds),
    ' s',
    2,
  );
  if (phases.some(({ perSecond }) => perSecond === null)) return seconds;
  return `${figure(
    phases.map(({ perSecond }) => perSecond),
    ' documents/s',
  )}, ${seconds}`;
}

function describeVerdict({ value, bar, verdict }) {
  const [sign, limit] = bar.least === undefined ? ['<=', bar.most] : ['>=', bar.least];
  const aim = bar.aim ? `, aim ${bar.aim}` : '';
  const digits = limit >= 100 ? 0 : limit >= 10 ? 1 : 2;
  const shown = value ? spread(value, '', digits) : 'no undisturbed run';
  return `${shown}   bar ${sign} ${Number(limit.toFixed(2))}${aim}: ${verdict === 'shown' ? 'shown only' : verdict.toUpperCase()}`;
}

/** Seconds by group, and what that makes a document, in microseconds. */
function cpuOf(runs) {
  const names = Object.keys(runs[0].cpu.cpuSeconds);
  const seconds = names.map((name) => [name, spreadOf(runs.map(({ cpu }) => cpu.cpuSeconds[name])).median]);
  const sum = seconds.reduce((total, [, used]) => total + used, 0);
  const micros = Math.round((sum / runs[0].documents) * 1e6);
  return `${seconds.map(([name, used]) => `${name} ${used.toFixed(1)}`).join(', ')}; ${micros} us a document`;
}

function others(watches) {
  const shares = watches.map(({ otherShare }) => otherShare).filter((share) => share !== null);
  return shares.length > 0
    ? figure(
        shares.map((share) => share * 100),
        ' % of all cores',
      )
    : 'not known: an engine is not visible';
}

function figure(values, unit, digits = 0) {
  return spread(spreadOf(values), unit, digits);
}

function spread({ median, min, max }, unit, digits) {
  const show = (value) =>
    value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const range = min === max ? '' : ` (${show(min)}–${show(max)})`;
  return `${show(median)}${range}${unit}`;
}

function row(what, text) {
  console.log(`  ${what.padEnd(WIDTH)}${text}`);
}
