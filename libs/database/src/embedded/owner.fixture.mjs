// Runs an embedded PostgreSQL in a process of its own, to be killed: owner.fixture.mjs <options as JSON>
import { startEmbeddedPostgres } from '../../dist/embedded/embedded-postgres.js';

try {
  const { url, pid } = await startEmbeddedPostgres(JSON.parse(process.argv[2]));
  console.log(JSON.stringify({ url, pid }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
  process.exit(1);
}
process.on('SIGINT', () => undefined);
// Until it is killed.
setInterval(() => undefined, 60_000);
