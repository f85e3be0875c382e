import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/internal';
import { MetadataScanner } from '@nestjs/core';

/**
 * The path of every HTTP route of a module and of those that it imports, such as `/api/doctors/:gmcNumber`, without making
 * anything: read from the decorators of the controllers.
 */
export function routesOf(module: DynamicModule | Type): string[] {
  const controllers = new Set<Type>();
  collectControllers(module, controllers, new Set());
  return [...new Set([...controllers].flatMap(routesOfController))].sort();
}

function collectControllers(module: unknown, found: Set<Type>, seen: Set<unknown>): void {
  if (seen.has(module)) return;
  seen.add(module);
  const dynamic = isDynamic(module) ? module : undefined;
  const type = dynamic?.module ?? module;
  if (typeof type !== 'function') return;
  for (const controller of [...metadata(type, 'controllers'), ...(dynamic?.controllers ?? [])]) {
    found.add(controller as Type);
  }
  for (const imported of [...metadata(type, 'imports'), ...(dynamic?.imports ?? [])]) {
    collectControllers(imported, found, seen);
  }
}

function isDynamic(module: unknown): module is DynamicModule {
  return typeof module === 'object' && module !== null && 'module' in module;
}

function metadata(type: object, key: 'controllers' | 'imports'): unknown[] {
  return (Reflect.getMetadata(key, type) ?? []) as unknown[];
}

function routesOfController(controller: Type): string[] {
  const prefixes = paths(Reflect.getMetadata(PATH_METADATA, controller));
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((method) => Reflect.hasMetadata(PATH_METADATA, prototype[method] as object))
    .flatMap((method) => paths(Reflect.getMetadata(PATH_METADATA, prototype[method] as object)))
    .flatMap((path) => prefixes.map((prefix) => join(prefix, path)));
}

function paths(value: string | string[] | undefined): string[] {
  return Array.isArray(value) ? value : [value ?? ''];
}

function join(prefix: string, path: string): string {
  const segments = `${prefix}/${path}`.split('/').filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}
