/** Oldest Node.js that everything here was tried with. */
const OLDEST = [20, 19] as const;

/** What to tell whoever starts Lockstep with an older Node.js; `undefined` when it is new enough. */
export function complainAboutNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `Lockstep needs Node.js ${OLDEST.join('.')} or newer; this is ${version}.`;
}

/** Ends the process, saying why, on a Node.js that is too old. */
export function refuseOldNode(version: string): void {
  const complaint = complainAboutNode(version);
  if (complaint === undefined) return;
  process.stderr.write(`${complaint}\n`);
  process.exit(1);
}
