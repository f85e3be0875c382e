const hits = new Map<string, number>();

/**
 * A place where a test can let the process die as from `kill -9`: with `LOCKSTEP_FAILPOINT=name` at the first passing,
 * with `name:3` at the third. Does nothing unless NODE_ENV is `test`.
 */
export function failpoint(name: string): void {
  const armed = process.env['LOCKSTEP_FAILPOINT'];
  if (!armed || process.env['NODE_ENV'] !== 'test') return;
  const [armedName, armedHit = '1'] = armed.split(':');
  if (armedName !== name) return;
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  if (hit === Number(armedHit)) process.kill(process.pid, 'SIGKILL');
}
