import { IsInstant } from '@lockstep/contracts';
import type { Generation } from '@lockstep/search';
import { IsInt, IsOptional, IsString } from 'class-validator';

/** The generation of an index that readers see now. */
export class GenerationAnswer {
  /** Its index's name, without the prefix. */
  @IsString()
  generation!: string;

  @IsInt()
  number!: number;

  /** Null for a first, empty one. */
  @IsOptional()
  @IsString()
  runId!: string | null;

  @IsOptional()
  @IsInstant()
  activatedAt!: string | null;
}

/** A generation in the words of the contract. */
export function toGenerationAnswer({ indexName, number, runId, activatedAt }: Generation): GenerationAnswer {
  return { generation: indexName, number, runId, activatedAt: activatedAt?.toISOString() ?? null };
}
