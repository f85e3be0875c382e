import { PATH_METADATA } from '@nestjs/common/internal';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ACCESS_RULE } from './requires.js';

/** A method of a controller that serves a route. */
export interface RouteHandler {
  readonly controller: new (...args: never[]) => object;
  readonly method: string;
}

/** Every route of the application, in the order of its modules. */
export function routeHandlers(discovery: DiscoveryService, scanner: MetadataScanner): RouteHandler[] {
  return discovery.getControllers().flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const controller = metatype as RouteHandler['controller'];
    const prototype = controller.prototype as Record<string, object>;
    return scanner
      .getAllMethodNames(prototype)
      .filter((method) => Reflect.hasMetadata(PATH_METADATA, prototype[method] as object))
      .map((method) => ({ controller, method }));
  });
}

/** Throws naming every route that says neither `@Requires` nor `@Public()`: forgetting one must not go unnoticed. */
export function assertEveryRouteHasRule(handlers: readonly RouteHandler[]): void {
  const bare = handlers.filter(({ controller, method }) => {
    const prototype = controller.prototype as Record<string, object>;
    return (
      !Reflect.hasMetadata(ACCESS_RULE, prototype[method] as object) && !Reflect.hasMetadata(ACCESS_RULE, controller)
    );
  });
  if (bare.length === 0) return;
  const names = bare.map(({ controller, method }) => `${controller.name}.${method}`).join(', ');
  throw new Error(`add @Requires('viewer' | 'operator' | 'admin') or @Public() to ${names}`);
}
