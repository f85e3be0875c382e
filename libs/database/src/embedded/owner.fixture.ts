import { startEmbeddedPostgres } from './embedded-postgres.js';

// Runs an embedded PostgreSQL in a process of its own, to be killed. Its argument: the options as JSON.
const say = (words: object): void => {
  process.stdout.write(`${JSON.stringify(words)}\n`);
};
try {
  const { url, pid } = await startEmbeddedPostgres(JSON.parse(process.argv[2] ?? '{}'));
  say({ url, pid });
} catch (error) {
  say({ error: (error as Error).message });
  process.exit(1);
}
process.on('SIGINT', () => undefined);
// Until it is killed.
setInterval(() => undefined, 60_000);
