import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);

/** A service of docker-compose.yml, as far as these tests ask. */
export interface ComposeService {
  image?: string;
  build?: object;
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  restart?: string;
  profiles?: string[];
  stop_grace_period?: string;
  mem_limit?: string;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { disable?: boolean; test?: string[] };
  depends_on?: Record<string, { condition: string }>;
}

/** docker-compose.yml, merged and with its variables filled in; `npm run compose:check` asks Compose's own reader. */
export interface ComposeFile {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
  configs: Record<string, { content: string }>;
}

/** Reads the file with these variables. Throws for a required variable that is missing, and for forms unknown here. */
export function readComposeFile(variables: Readonly<Record<string, string>>): ComposeFile {
  return parse(readText('docker-compose.yml'), { merge: true, reviver: (_, value) => fill(value, variables) });
}

/** A file of the repository. */
export function readText(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** Variables that the image sets. */
export function imageEnvironment(): Record<string, string> {
  const lines = readText('docker/Dockerfile').matchAll(/^ENV (\w+)=(.+)$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

/** The image's own health check, as a command. */
export function imageHealthCheck(): string[] {
  const command = /^HEALTHCHECK [^[]*(\[.*\])$/m.exec(readText('docker/Dockerfile'))?.[1];
  return JSON.parse(command ?? 'null') as string[];
}

/** The apps that run as services, by the name under which the file has them; those for demonstrations are none. */
export function appServices({ services }: ComposeFile): [name: string, service: ComposeService][] {
  return Object.entries(services).filter(
    ([, { command, profiles }]) => profiles === undefined && /^apps\/.*\/main\.js$/.test(command?.[0] ?? ''),
  );
}

function fill(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'string') return value;
  return value.replaceAll(/\$(?:\{(\w+)(?::([-?])([^}]*))?\})?/g, (whole, name, kind, rest) => {
    if (name === undefined) throw new Error(`${whole} in ${value} is no form that is read here`);
    const filled = variables[name] || (kind === '-' ? rest : undefined);
    if (filled === undefined) throw new Error(`${name} is missing: ${rest ?? 'it has no default'}`);
    return filled;
  });
}
