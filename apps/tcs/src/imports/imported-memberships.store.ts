import type { ImportLinkItemV1 } from '@lockstep/contracts';
import { answerEach, checkFields, complete, type ItemAnswer, notThere, readId } from '@lockstep/ownership';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LiveUpdates } from '../live-updates/live-updates.js';
import { MembershipProperties } from './import-fields.js';
import { addMemberships, findProgrammeIds } from './membership-rows.js';

/** Memberships that an import adds: child a trainee, parent a programme. */
@Injectable()
export class ImportedMembershipsStore {
  constructor(private readonly live: LiveUpdates) {}

  /** One that the person has already, with the same type and dates, is left as it is. */
  link = (manager: EntityManager, items: readonly ImportLinkItemV1[]): Promise<ItemAnswer[]> =>
    answerEach(
      items,
      ({ child, parent, properties }) => {
        const refusal = checkFields(MembershipProperties, properties ?? {});
        if (refusal) return refusal;
        const personId = readId(child.identifierIds, 'personId');
        const programmeId = readId(parent.identifierIds, 'programmeId');
        if (personId === null) return notThere('trainee', child.identifierIds);
        if (programmeId === null) return notThere('programme', parent.identifierIds);
        const { type = null, startDate = null, endDate = null } = (properties ?? {}) as MembershipProperties;
        return { good: { personId, programmeId, type, startDate, endDate } };
      },
      async (memberships) => {
        const programmes = await findProgrammeIds(
          manager,
          memberships.map(({ programmeId }) => programmeId),
        );
        const people = await lockPeople(
          manager,
          memberships.map(({ personId }) => personId),
        );
        const good = memberships.filter((each) => programmes.has(each.programmeId) && people.has(each.personId));
        const changed = await addMemberships(manager, good);
        await raise(manager, changed);
        await this.live.tell(manager, changed);
        return memberships.map(({ personId, programmeId }) => {
          if (!people.has(personId)) return notThere('trainee', { personId });
          return programmes.has(programmeId) ? complete() : notThere('programme', { programmeId });
        });
      },
    );
}

async function lockPeople(manager: EntityManager, ids: readonly number[]): Promise<Set<number>> {
  const rows: { id: number }[] = await manager.query(
    'SELECT id FROM person WHERE id = ANY ($1::bigint[]) AND NOT deleted ORDER BY id FOR UPDATE',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

async function raise(manager: EntityManager, personIds: readonly number[]): Promise<void> {
  await manager.query('UPDATE person SET version = version + 1, updated_at = now() WHERE id = ANY ($1::bigint[])', [
    personIds,
  ]);
}
