import type { Owned } from '@lockstep/ownership';
import type { ImportedMembershipsStore } from './imported-memberships.store.js';
import type { ImportedProgrammesStore } from './imported-programmes.store.js';
import type { ImportedTraineesStore } from './imported-trainees.store.js';

/** What imports may ask this service for. */
export function ownedByTcs(
  programmes: ImportedProgrammesStore,
  trainees: ImportedTraineesStore,
  memberships: ImportedMembershipsStore,
): Owned {
  return {
    objects: {
      programme: { create: programmes.create, update: programmes.update, reference: programmes.reference },
      trainee: { create: trainees.create, update: trainees.update, reference: trainees.reference },
    },
    links: {
      programmeMembership: memberships.link,
      traineeOnProgramme: memberships.link,
    },
  };
}
