/** The bench of the trainee sync: sizes, pairs, and the order in which everything is measured. */
import { isDisturbed, measureUndisturbed } from '../figures.mjs';
import { cleanUp } from '../machine/clean-up.mjs';
import { judgeGrowth, judgeSize, needMorePairs, undisturbed } from './bars.mjs';
import { loadPlace } from './load.mjs';
import { copyMaster } from './master-copy.mjs';
import { measureOneByOne } from './one-by-one/one-by-one.mjs';
import { measureOurRun } from './our-run.mjs';
import { findEngines, memoryOfServices, openPlace, servicesTakingPart } from './place.mjs';
import { printSync } from './print.mjs';
import { untilEnginesRest, untilLivePathIsQuiet } from './quiet.mjs';
import { measureRawChain } from './raw-chain/raw-chain.mjs';

const ONE_BY_ONE_DOCTORS = 5_000;
const MAX_PAIRS = 5;
const FIXED_LIMIT_MS = 300_000;
const LIMIT_A_DOCTOR_MS = 5;

/**
 * Measures every size, smallest first, and prints the table. Answers the figures and whether every bar that counts was met.
 *
 * @param options.sizes people; @param options.pairs pairs of our run and a raw one; @param options.maxOtherShare of all
 *   cores, above which a measurement is void; @param options.say takes a line of progress
 */
export async function benchSync({ sizes, pairs, maxOtherShare, say }) {
  const engines = await findEngines();
  const apps = await servicesTakingPart();
  const results = [];
  let oneByOne = [];
  for (const size of [...sizes].sort((a, b) => a - b)) {
    const place = await openPlace(engines, apps);
    const isVoid = (result) => isDisturbed(otherShares(result), maxOtherShare);
    const result = await measureSize(place, { size, pairs, isVoid, say });
    if (oneByOne.length === 0) oneByOne = await repeatOneByOne(place, { times: pairs, isVoid, say });
    result.memoryMb = memoryOfServices(place);
    results.push(result);
    await place.close();
    if (cleanUp.isEnding) throw new Error('interrupted');
  }
  const verdicts = results.map((result, at) => [
    ...judgeSize(result, oneByOne),
    ...(at > 0 ? [judgeGrowth(results[at - 1], result)] : []),
  ]);
  printSync({ results, oneByOne, verdicts, apps });
  const isMet = !verdicts.flat().some(({ verdict }) => verdict === 'missed' || verdict === 'void');
  return { isMet, figures: { apps, maxOtherShare, results, oneByOne, verdicts } };
}

async function measureSize(place, { size, pairs, isVoid, say }) {
  const limitMs = FIXED_LIMIT_MS + size * LIMIT_A_DOCTOR_MS;
  const loaded = await loadPlace(place, size, londonToday());
  for (const [what, { lines, seconds }] of Object.entries(loaded)) {
    say(`${size}: loaded ${lines} ${what}, ${Math.round(lines / seconds)} a second`);
  }
  const quietSeconds = await untilLivePathIsQuiet(place, 2 * limitMs);
  say(`${size}: live path quiet after ${quietSeconds.toFixed(0)} s`);
  // The first run after loading finds what the live path has merged so far and fills the caches; the pairs all find the same.
  const firstRun = await measureOurRun(place, limitMs);
  say(`${size}: first run ${Math.round(firstRun.perSecond)} doctors/s`);
  const documents = await copyMaster(place);
  const attempts = [];
  const measurePair = async () => {
    await untilEnginesRest(place.engines);
    const ours = await measureOurRun(place, limitMs);
    await untilEnginesRest(place.engines);
    const raw = await measureRawChain(place, limitMs);
    if (ours.documents !== raw.documents)
      throw new Error(`ours wrote ${ours.documents} documents, raw ${raw.documents}`);
    say(
      `${size}: ours ${Math.round(ours.perSecond)}/s, raw ${Math.round(raw.perSecond)}/s${disturbance({ ours, raw })}`,
    );
    return { ours, raw };
  };
  const kept = () => attempts.map((tries) => tries.at(-1));
  while (attempts.length < pairs || (attempts.length < MAX_PAIRS && needMorePairs(undisturbed(kept())))) {
    attempts.push(await measureUndisturbed(measurePair, isVoid));
  }
  return { size, loaded, quietSeconds, documents, firstRun, pairs: kept(), attempts: attempts.flat().length };
}

async function repeatOneByOne(place, { times, isVoid, say }) {
  const results = [];
  for (let time = 0; time < times; time++) {
    const attempts = await measureUndisturbed(async () => {
      await untilEnginesRest(place.engines);
      const result = await measureOneByOne(place, ONE_BY_ONE_DOCTORS, FIXED_LIMIT_MS * 2);
      say(`one by one: ${result.doctors} doctors, ${result.perSecond.toFixed(1)}/s${disturbance(result)}`);
      return result;
    }, isVoid);
    results.push(attempts.at(-1));
  }
  return results;
}

/** Of a pair or of a single measurement. */
function otherShares({ ours, raw, cpu }) {
  return cpu ? [cpu.otherShare] : [ours.cpu.otherShare, raw.cpu.otherShare];
}

function disturbance(result) {
  const shares = otherShares(result).map((share) => (share === null ? '?' : Math.round(share * 100)));
  return ` (others ${shares.join(' and ')} % of all cores)`;
}

function londonToday() {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London' }).format(new Date());
}
