/** Why the embedded PostgreSQL cannot run here, in words for whoever started Lockstep. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}
