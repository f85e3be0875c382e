/** The bench of imports: a catalogue from its upload to its end, beside COPY and one message an object. */
import { isDisturbed, measureUndisturbed } from '../figures.mjs';
import { cleanUp } from '../machine/clean-up.mjs';
import { findEngines, memoryOfServices, openPlace } from '../sync/place.mjs';
import { untilEnginesRest } from '../sync/quiet.mjs';
import { judgeImports } from './bars.mjs';
import { measureCopy } from './copy.mjs';
import { writeFeed } from './feed.mjs';
import { measureOneByOne } from './one-by-one.mjs';
import { measureOurImport } from './our-import.mjs';
import { printImports } from './print.mjs';

const ONE_BY_ONE_OBJECTS = 5_000;
const FIXED_LIMIT_MS = 120_000;
const LIMIT_AN_OBJECT_MS = 1;

/**
 * Measures every size, smallest first, each in a place of its own, and prints the table.
 *
 * @param options.sizes objects, each with three times as many links; @param options.pairs imports of a size, each followed
 *   by a COPY of the rows that it left; @param options.maxOtherShare and @param options.say as for the other benches
 */
export async function benchImports({ sizes, pairs, maxOtherShare, say }) {
  const engines = await findEngines();
  const results = [];
  let oneByOne;
  for (const size of [...sizes].sort((a, b) => a - b)) {
    const place = await openPlace(engines, ['import']);
    const feed = await writeFeed(size);
    const limitMs = FIXED_LIMIT_MS + size * LIMIT_AN_OBJECT_MS;
    const isVoid = ({ ours }) => isDisturbed([ours.cpu.otherShare], maxOtherShare);
    const attempts = [];
    while (attempts.length < pairs) {
      const tries = await measureUndisturbed(async () => {
        await untilEnginesRest(engines);
        const ours = await measureOurImport(place, feed, limitMs);
        const copy = await measureCopy(place, ours.importBatchId);
        say(`${size}: ${describe(ours)}; COPY ${copy.seconds.toFixed(1)} s`);
        return { ours, copy };
      }, isVoid);
      attempts.push(tries.at(-1));
    }
    const memoryMb = memoryOfServices(place);
    oneByOne ??= await measureOneByOne(place, Math.min(ONE_BY_ONE_OBJECTS, size), limitMs);
    results.push({ size, objects: feed.objects, links: feed.links, pairs: attempts, memoryMb });
    await feed.remove();
    await place.close();
    if (cleanUp.isEnding) throw new Error('interrupted');
  }
  const verdicts = results.map((result) => judgeImports(result));
  printImports({ results, oneByOne, verdicts });
  return {
    isMet: !verdicts.flat().some(({ verdict }) => verdict === 'missed' || verdict === 'void'),
    figures: { results, oneByOne, verdicts },
  };
}

function describe({ readSeconds, planSeconds, executeSeconds, cpu }) {
  const others = cpu.otherShare === null ? '?' : Math.round(cpu.otherShare * 100);
  return `read ${readSeconds.toFixed(1)} s, planned ${planSeconds.toFixed(1)} s, executed ${executeSeconds.toFixed(1)} s (others ${others} % of all cores)`;
}
