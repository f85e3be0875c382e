import type { MasterDoctorDocument, ProjectingService, QueueDefinition } from '@lockstep/contracts';
import { type AliasDefinition, type IndexRow, type IndexSchema, toIndexSource } from '@lockstep/search';

/** What a service states about the index that it makes from the master's documents. */
export interface Projection {
  readonly service: ProjectingService;
  /**
   * The index family in the service's own schema. With a date field `nextTransitionDate` in its schema, documents are
   * projected again once that day has come; see {@link DateChanges}.
   */
  readonly family: {
    /** Lower-case words joined by `-`. */
    readonly name: string;
    readonly schema: IndexSchema;
    readonly aliases: readonly AliasDefinition[];
  };
  /**
   * The service's document of a doctor on the day `asOf` (`yyyy-MM-dd`), with the fields of the schema; null: the doctor is
   * not shown, and a tombstone is kept. Pure: the same doctor and day give the same document. What it throws refuses this
   * doctor and no other.
   */
  readonly project: (document: MasterDoctorDocument, asOf: string) => object | null;
  /** Where `getMasterCommand` arrives for this service. */
  readonly rebuildQueue: QueueDefinition;
  /** Where `masterDoctorsUpdated` arrives for this service. */
  readonly updatedQueue: QueueDefinition;
  /** How long a replica that died keeps its rebuild from being gone on with by another. @default 10 */
  readonly leaseSeconds?: number;
}

/** Injection token of the service's {@link Projection}. */
export const PROJECTION = Symbol('PROJECTION');

/** A master doctor at one version. */
export interface VersionedDoctor {
  /** GMC number, the id of both documents. */
  readonly id: string;
  /** Of the master; the service's document is written with it, so that an older one never replaces a newer. */
  readonly version: number;
  /** Null: deleted. */
  readonly document: MasterDoctorDocument | null;
}

/** A row of the service's index. */
export interface ProjectedRow extends IndexRow {
  /** A tombstone: deleted in the master, or not shown by the projection. */
  readonly deleted: boolean;
}

/** The row of the service's index for a master doctor. Throws what `project` throws. */
export function toProjectedRow(projection: Projection, doctor: VersionedDoctor, asOf: string): ProjectedRow {
  const { id, version, document } = doctor;
  const projected = document && (projection.project(document, asOf) as Readonly<Record<string, unknown>> | null);
  const source = toIndexSource(projection.family.schema, { id, version, document: projected });
  return { id, version, source, deleted: projected === null };
}
