import { setTimeout as delay } from 'node:timers/promises';
import type { SearchEngine, StoredDocument } from '@lockstep/search';
import { ProblemError, SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { RETURN_ALIAS } from '../documents/return-schema.js';
import { owns, type Tenant } from '../orders/tenant.js';

const LONGEST_WAIT_MS = 2_000;
const LOOK_EVERY_MS = 100;

/** Lets a caller see what was written before: waits until the index has it. */
@Injectable()
export class ReadYourWrite {
  constructor(@Inject(SEARCH_ENGINE) private readonly engine: SearchEngine) {}

  /**
   * Resolves when searches show each of the returns in this version or a newer one, or that it is gone.
   * @throws ProblemError 409 `NOT_YET_INDEXED` after two seconds. What is another tenant's is never there.
   */
  async wait(ids: readonly number[], minVersion: number, tenant: Tenant): Promise<void> {
    const names = ids.map(String);
    const endsAt = performance.now() + LONGEST_WAIT_MS;
    for (;;) {
      const written = await this.engine.getMany(RETURN_ALIAS, names);
      const isThere = (document: StoredDocument) => document.version >= minVersion && isOwned(document, tenant);
      const found = new Set(written.filter(isThere).map(({ id }) => id));
      const missing = names.filter((id) => !found.has(id));
      if (missing.length === 0) return this.engine.refresh(RETURN_ALIAS);
      if (performance.now() >= endsAt) {
        const detail = `Not all of the returns are in the index in version ${minVersion} yet.`;
        throw new ProblemError(409, 'NOT_YET_INDEXED', detail, { ids: missing.map(Number), minVersion });
      }
      await delay(LOOK_EVERY_MS);
    }
  }
}

function isOwned({ deleted, document }: StoredDocument, tenant: Tenant): boolean {
  // Nobody knows whose it was.
  if (deleted) return tenant.accountSlugs.length + tenant.workspaces.length === 0;
  return owns(tenant, document ?? {});
}
