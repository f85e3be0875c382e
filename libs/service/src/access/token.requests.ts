import { IsInstant } from '@lockstep/contracts';
import { IsArray, IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { ROLES, type Role, SCOPES, type Scope } from './actor.js';

/** Body of `POST /api/tokens`. */
export class CreateToken {
  @IsString()
  @Length(1, 100)
  name!: string;

  @IsIn([...ROLES])
  role!: Role;

  @IsArray()
  @IsIn([...SCOPES], { each: true })
  scopes: Scope[] = [];

  /** Tenants that the token is limited to; empty: not limited. */
  @IsArray()
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  accountSlugs: string[] = [];

  /** Warehouse workspaces that the token is limited to; empty: not limited. */
  @IsArray()
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  workspaces: string[] = [];

  /** Absent: until it is revoked. */
  @IsOptional()
  @IsInstant()
  expiresAt?: string | null;
}

/** A token in an answer. */
export class TokenView {
  @IsString()
  id!: string;

  @IsString()
  name!: string;

  /** The key begins with `lsk_<prefix>_`. */
  @Matches(/^[0-9a-f]{12}$/)
  prefix!: string;

  @IsIn([...ROLES])
  role!: Role;

  @IsIn([...SCOPES], { each: true })
  scopes!: Scope[];

  @IsString({ each: true })
  accountSlugs!: string[];

  @IsString({ each: true })
  workspaces!: string[];

  @IsString()
  createdBy!: string;

  @IsInstant()
  createdAt!: string;

  @IsOptional()
  @IsInstant()
  expiresAt!: string | null;

  @IsOptional()
  @IsInstant()
  lastUsedAt!: string | null;

  @IsOptional()
  @IsInstant()
  revokedAt!: string | null;
}

/** The answer to a creation: the only one with the key. */
export class CreatedToken extends TokenView {
  @IsString()
  key!: string;
}
