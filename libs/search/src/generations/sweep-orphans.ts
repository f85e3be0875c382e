import type { FamilyAccess } from './family-access.js';

/** Removes indexes of the family and installation that no generation owns any more; answers their names. */
export async function sweepOrphans(access: FamilyAccess): Promise<string[]> {
  const { engine, name: family } = access.options;
  const orphans = await access.exclusively(async (manager) => {
    const { active, previous, building, installation } = await access.store.load(manager);
    const owned = [active, previous, building];
    return (await engine.listIndices()).filter(
      ({ meta, aliases }) =>
        meta.family === family &&
        meta.installation === installation &&
        !owned.includes(meta.generation) &&
        aliases.length === 0,
    );
  });
  for (const { name } of orphans) await engine.deleteIndex(name);
  return orphans.map(({ name }) => name);
}
