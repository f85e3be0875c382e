/** Which service takes a path. */
export interface FrontDoorRule {
  /** `/api/doctors`: without a slash at its end. */
  readonly path: string;
  /** Takes the path itself, with or without a slash at its end. */
  readonly itself: boolean;
  /** Takes everything below the path. */
  readonly below: boolean;
  readonly service: string;
}

/** The routes of one service, as {@link routesOf} answers them. */
export interface ServiceRoutes {
  readonly service: string;
  readonly routes: readonly string[];
}

/** A segment of the paths: which services have routes at it and below it. */
interface Segment {
  readonly at: Set<string>;
  readonly within: Set<string>;
  readonly children: Map<string, Segment>;
}

/** Stands for any one segment, such as an id. */
const ANY = '*';

/**
 * The fewest rules that send every route to its service, by prefix alone, which is all that a reverse proxy needs to know;
 * the longest match wins. Beside its routes each service gets its documentation, `/api/docs/<service>`. Sorted by path.
 *
 * Throws when two services serve the same path, or paths that differ only behind an id.
 */
export function planFrontDoor(services: readonly ServiceRoutes[]): FrontDoorRule[] {
  const root = newSegment();
  for (const { service, routes } of services) for (const route of routes) add(root, route, service);
  const documentation = services.map(({ service }) => ({
    path: `/api/docs/${service}`,
    itself: true,
    below: true,
    service,
  }));
  return [...rulesFor(root, ''), ...documentation].sort(
    (left, right) => Number(left.path > right.path) - Number(left.path < right.path),
  );
}

/** The rule for the path of a request (without its query); `undefined` when no service takes it. */
export function findRule(rules: readonly FrontDoorRule[], path: string): FrontDoorRule | undefined {
  const plain = path.length > 1 ? path.replace(/\/$/, '') : path;
  let best: FrontDoorRule | undefined;
  for (const rule of rules) {
    const matches = (rule.itself && plain === rule.path) || (rule.below && plain.startsWith(`${rule.path}/`));
    if (matches && rule.path.length > (best?.path.length ?? -1)) best = rule;
  }
  return best;
}

function newSegment(): Segment {
  return { at: new Set(), within: new Set(), children: new Map() };
}

function add(root: Segment, route: string, service: string): void {
  let segment = root;
  for (const name of route.split('/').slice(1)) {
    const key = /^[:*{]/.test(name) ? ANY : name;
    const child = segment.children.get(key) ?? newSegment();
    segment.children.set(key, child);
    child.within.add(service);
    segment = child;
  }
  segment.at.add(service);
}

function rulesFor(segment: Segment, path: string): FrontDoorRule[] {
  if (segment.within.size === 1) {
    return [{ path, itself: true, below: true, service: [...segment.within][0] as string }];
  }
  const [owner, ...others] = segment.at;
  if (others.length > 0) throw new Error(`${path} is served by ${[...segment.at].join(' and ')}`);
  const rules: FrontDoorRule[] = owner === undefined ? [] : [{ path, itself: true, below: false, service: owner }];
  for (const [name, child] of segment.children) {
    rules.push(...(name === ANY ? [ruleBelow(child, path)] : rulesFor(child, `${path}/${name}`)));
  }
  return rules;
}

function ruleBelow({ within }: Segment, path: string): FrontDoorRule {
  const [service, ...others] = within;
  if (others.length > 0)
    throw new Error(`below ${path}/ an id stands before what tells ${[...within].join(' and ')} apart`);
  return { path, itself: false, below: true, service: service as string };
}
