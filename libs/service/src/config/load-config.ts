import { readFileSync } from 'node:fs';
import { validateSync } from 'class-validator';
import { type Setting, settingsOf } from './env.js';

/** Every wrong or missing setting at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** @param problems one line a setting: its name, what it is, what is expected. */
  constructor(readonly problems: readonly string[]) {
    const count = problems.length === 1 ? '1 setting is wrong' : `${problems.length} settings are wrong`;
    super([`${count}:`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/**
 * Reads a configuration class from the environment: what is not set (or empty) keeps the class's own default.
 * Throws `ConfigError` naming all settings that are missing or wrong.
 */
export function loadConfig<T extends object>(config: new () => T, env: NodeJS.ProcessEnv): T {
  const instance = new config();
  const settings = settingsOf(config);
  const problems: string[] = [];
  const unreadable = new Set<string>();
  for (const setting of settings) {
    try {
      const text = readSetting(env, setting.env);
      if (text !== undefined) assign(instance, setting.property, convert(text, declaredType(config, setting)));
    } catch (error) {
      unreadable.add(setting.property);
      problems.push(`${setting.env} ${(error as Error).message}`);
    }
  }
  for (const fault of validateSync(instance, { forbidUnknownValues: false })) {
    const setting = settings.find((each) => each.property === fault.property);
    if (!setting) throw new Error(`${config.name}.${fault.property} is checked but has no @Env`);
    if (unreadable.has(fault.property)) continue;
    problems.push(describeFault(setting, readSetting(env, setting.env), Object.values(fault.constraints ?? {})));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return instance;
}

function assign(instance: object, property: string, value: unknown): void {
  (instance as Record<string, unknown>)[property] = value;
}

function declaredType(config: new () => object, setting: Setting): unknown {
  return Reflect.getMetadata('design:type', config.prototype, setting.property);
}

/** The value of a variable, or the content of the file that `<name>_FILE` names, as orchestrators hand over secrets. */
function readSetting(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] || undefined;
  if (env[name]) throw new Error(`is set twice: as ${name} and as ${name}_FILE`);
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    throw new Error(`cannot be read from the file that ${name}_FILE names`);
  }
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  '1': true,
  off: false,
  false: false,
  no: false,
  '0': false,
};

/** What does not fit the type is passed on as it is or as NaN: the property's own checks refuse it. */
function convert(text: string, type: unknown): unknown {
  if (type === Number) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (type === Boolean) return BOOLEANS[text.toLowerCase()] ?? text;
  if (type === Array)
    return text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  return text;
}

function describeFault(setting: Setting, text: string | undefined, constraints: string[]): string {
  const expected = setting.expects ?? constraints.join(', ').replaceAll(setting.property, 'it');
  if (text === undefined) return `${setting.env} is missing; expected: ${expected}`;
  const shown = setting.isSecret ? 'is set to something else' : `is ${JSON.stringify(text.slice(0, 80))}`;
  return `${setting.env} ${shown}; expected: ${expected}`;
}
