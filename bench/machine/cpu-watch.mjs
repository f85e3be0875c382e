import { availableParallelism } from 'node:os';
import { cpuSecondsOf, takeSnapshot } from './processes.mjs';

/**
 * Watches the CPU between this call and that of the function it returns, which answers
 * `{seconds, cpuSeconds: {<group>: n}, otherShare}`. `groups` maps a name to the ids of root processes, which must live
 * until then; this process and its children, workers and compilers alike, are the group `bench`. `otherShare` is what
 * everybody else used, of all cores (1 = all of them); null when an engine's process is not visible and so nobody can tell.
 */
export function watchCpu(groups) {
  const roots = { bench: [process.pid], ...groups };
  const allRoots = new Set(Object.values(roots).flat());
  const isComplete = Object.values(roots).every((pids) => pids.length > 0 && !pids.includes(undefined));
  const before = takeSnapshot();
  return () => {
    const after = takeSnapshot();
    const seconds = (after.at - before.at) / 1_000;
    const cpuSeconds = {};
    for (const [name, pids] of Object.entries(roots)) {
      const used = cpuSecondsOf(after, pids, allRoots) - cpuSecondsOf(before, pids, allRoots);
      cpuSeconds[name] = Math.max(0, used);
    }
    const ours = Object.values(cpuSeconds).reduce((sum, used) => sum + used, 0);
    const other = (after.busyTicks - before.busyTicks) / 100 - ours;
    return {
      seconds,
      cpuSeconds,
      otherShare: isComplete ? Math.max(0, other / (seconds * availableParallelism())) : null,
    };
  };
}
