import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

/** How an answer can be other than a shop's should be. */
export const SHAPES = [
  'not_json',
  'empty',
  'too_short',
  'shuffled',
  'no_ids',
  'wrong_sku',
  'wrong_id',
  'sync_ack',
] as const;
export type Shape = (typeof SHAPES)[number];

/** What a rule makes of a call; of `failure` and `id`, of the products that it is for. */
export const EFFECTS = ['status', 'nack', 'failure', 'id', 'shape', 'reset', 'hang', 'error'] as const;
export type Effect = (typeof EFFECTS)[number];

const MAX_WAIT_MS = 600_000;

/** One thing that goes wrong, where and how often. */
export class Rule {
  @IsIn([...EFFECTS])
  effect!: Effect;

  /** Default: every method. */
  @IsOptional()
  @IsString()
  method?: string;

  /** A seller's SKU. Default: every call. */
  @IsOptional()
  @IsString()
  sku?: string;

  /** Calls, of `failure` and `id` products, after which it is over. Default: never. */
  @IsOptional()
  @IsInt()
  @Min(1)
  times?: number;

  /** Of `status`. */
  @IsOptional()
  @IsInt()
  @Min(200)
  @Max(599)
  status?: number;

  /** Of `status`. */
  @IsOptional()
  @IsInt()
  @Min(0)
  retryAfterSeconds?: number;

  /** Of `failure` and `error`. */
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  message?: string;

  /** Of `failure`. */
  @IsOptional()
  @IsInt()
  code?: number;

  /** Of `id`: the id that a product is given whoever has it already. */
  @IsOptional()
  @IsString()
  id?: string;

  /** Of `shape`. */
  @IsOptional()
  @IsIn([...SHAPES])
  shape?: Shape;
}

/** How results are called back. */
export class Callbacks {
  /** Default: nobody is called. */
  @IsOptional()
  @Matches(/^https?:\/\//)
  url?: string | null;

  @IsOptional()
  @IsString()
  apiKey?: string | null;

  /** `early`: before the acknowledgement. `held`: when asked to. `reversed`: five together, the last first. */
  @IsOptional()
  @IsIn(['normal', 'early', 'held', 'reversed'])
  mode?: 'normal' | 'early' | 'held' | 'reversed';

  /** From and to, chosen at random. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(2)
  @IsInt({ each: true })
  @Min(0, { each: true })
  @Max(MAX_WAIT_MS, { each: true })
  delayMs?: [number, number];

  /** How often each is sent. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  copies?: number;

  /** Every copy but the first says that it failed. */
  @IsOptional()
  @IsBoolean()
  contradicting?: boolean;
}

/** How the shop behaves from now on; what is left out stays as it is. */
export class BehaviourBody {
  /** From and to, chosen at random. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(2)
  @IsInt({ each: true })
  @Min(0, { each: true })
  @Max(MAX_WAIT_MS, { each: true })
  latencyMs?: [number, number];

  /** Connections are cut off without an answer. */
  @IsOptional()
  @IsBoolean()
  down?: boolean;

  /** Calls that come with others are refused. Default: any come through. */
  @IsOptional()
  @IsString()
  username?: string | null;

  @IsOptional()
  @IsString()
  password?: string | null;

  /** The first that fits decides. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10_000)
  @ValidateNested({ each: true })
  @Type(() => Rule)
  rules?: Rule[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Callbacks)
  callbacks?: Callbacks;
}

export interface Behaviour {
  readonly latencyMs: readonly [number, number];
  readonly down: boolean;
  readonly username: string | null;
  readonly password: string | null;
  readonly rules: readonly Rule[];
  readonly callbacks: Required<Callbacks>;
}

export const GOOD_BEHAVIOUR: Behaviour = {
  latencyMs: [0, 0],
  down: false,
  username: null,
  password: null,
  rules: [],
  callbacks: { url: null, apiKey: null, mode: 'normal', delayMs: [0, 0], copies: 1, contradicting: false },
};

/** The behaviour after a change. */
export function changeBehaviour(former: Behaviour, { callbacks, ...body }: BehaviourBody): Behaviour {
  return { ...former, ...stated(body), callbacks: { ...former.callbacks, ...stated(callbacks ?? {}) } };
}

function stated<T extends object>(body: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const members = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as { [K in keyof T]: Exclude<T[K], undefined> };
}
