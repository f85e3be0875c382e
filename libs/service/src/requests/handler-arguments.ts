import { ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';

/** What a handler's parameter decorator says: `@Query('name') value: Type`. */
export interface HandlerArgument {
  readonly kind: 'body' | 'query' | 'other';
  /** The name given to the decorator; `undefined` for the whole body or query. */
  readonly name: string | undefined;
  /** Declared type of the parameter. */
  readonly type: unknown;
}

/** The decorated parameters of a controller's method. */
export function handlerArguments(controller: new (...args: never[]) => object, method: string): HandlerArgument[] {
  const decorated: Record<string, { index: number; data?: unknown }> =
    Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {};
  const types: unknown[] = Reflect.getMetadata('design:paramtypes', controller.prototype, method) ?? [];
  return Object.entries(decorated).map(([key, { index, data }]) => ({
    kind: kindOf(Number.parseInt(key, 10)),
    name: typeof data === 'string' ? data : undefined,
    type: types[index],
  }));
}

function kindOf(paramtype: RouteParamtypes): HandlerArgument['kind'] {
  if (paramtype === RouteParamtypes.BODY) return 'body';
  return paramtype === RouteParamtypes.QUERY ? 'query' : 'other';
}
