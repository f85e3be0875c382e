/** One value that differs between two bodies. Undefined where there is none. */
export interface PayloadChange {
  /** Dotted, with indexes: `attributes.44.0`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** More differences than this tell nobody anything. */
const MAX_CHANGES = 200;

/** What differs, in the order in which the later body names it; then what only the former has. */
export function diffPayload(before: unknown, after: unknown): PayloadChange[] {
  const changes: PayloadChange[] = [];
  compare('', before, after, changes);
  return changes.slice(0, MAX_CHANGES);
}

function compare(path: string, before: unknown, after: unknown, changes: PayloadChange[]): void {
  if (isHolder(before) && isHolder(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(after), ...Object.keys(before)])) {
      compare(path === '' ? key : `${path}.${key}`, before[key], after[key], changes);
    }
  } else if (!isSame(before, after)) {
    changes.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
  }
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Only values without parts are compared, or values of different kinds. */
function isSame(before: unknown, after: unknown): boolean {
  return before === after;
}

/** What a call said about the item at a position: its entry of the products, or all of it where the set is meant. */
export function payloadAt(params: unknown, position: number, itemsOfCall: number): unknown {
  if (!isHolder(params)) return params;
  const products = params['productsInfo'];
  if (!Array.isArray(products) || itemsOfCall !== products.length) return params;
  return products[position] as unknown;
}
