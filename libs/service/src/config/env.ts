import 'reflect-metadata';

const SETTINGS = Symbol('settings of a configuration class');

/** One property of a configuration class and where its value comes from. */
export interface Setting {
  readonly property: string;
  /** Environment variable. `<env>_FILE` may name a file that holds the value instead. */
  readonly env: string;
  /** What a right value is, in plain words; default: class-validator's own message. */
  readonly expects?: string;
  /** Its value is never printed. @default false */
  readonly isSecret?: boolean;
}

/**
 * Takes a property of a configuration class from an environment variable. The property's declared type decides how the
 * text is read: number, boolean (`on`, `off`, `true`, `false`), array (comma list) or string.
 */
export function Env(env: string, options: Pick<Setting, 'expects' | 'isSecret'> = {}): PropertyDecorator {
  return (target, property) => {
    const inherited = (Reflect.getMetadata(SETTINGS, target) ?? []) as readonly Setting[];
    Reflect.defineMetadata(SETTINGS, [...inherited, { property: String(property), env, ...options }], target);
  };
}

/** The settings of a configuration class, inherited ones first. */
export function settingsOf(config: new () => object): readonly Setting[] {
  return (Reflect.getMetadata(SETTINGS, config.prototype) ?? []) as readonly Setting[];
}
