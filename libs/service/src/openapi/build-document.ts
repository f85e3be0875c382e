import { STATUS_CODES } from 'node:http';
import { type JsonSchema, toJsonSchema } from '@lockstep/contracts';
import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ACCESS_RULE, type AccessRule } from '../access/requires.js';
import { type RouteHandler, routeHandlers } from '../access/route-rules.js';
import { Problem } from '../problems/problem.js';
import { CONSUMES } from '../requests/consumes.js';
import { handlerArguments } from '../requests/handler-arguments.js';
import { ServiceIdentity } from '../service-identity.js';
import { type Answer, answersOf, type ShapeClass } from './answers.js';

/** The parts of an operation that we write ourselves. */
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required: boolean; schema: unknown }[];
  requestBody?: object;
  responses: Record<string, object>;
  security?: Record<string, string[]>[];
}

/**
 * The OpenAPI 3.1 document of an application. Nest finds the routes; every schema comes from the class-validator decorators
 * that also check the requests, so that document and checks cannot differ.
 */
export function buildDocument(app: INestApplication): OpenAPIObject {
  const { service, version } = app.get(ServiceIdentity);
  const settings = new DocumentBuilder().setTitle(`Lockstep ${service}`).setVersion(version).addBearerAuth().build();
  const document = SwaggerModule.createDocument(app, settings, { operationIdFactory: operationId });
  document.openapi = '3.1.0';
  // Nest's own schemas are empty without its decorators, and those of two classes of one name would be mixed up.
  const schemas: Record<string, JsonSchema> = { Problem: toJsonSchema(Problem) };
  document.components = { ...document.components, schemas: schemas as never };
  const operations = operationsById(document);
  for (const handler of routeHandlers(app.get(DiscoveryService), app.get(MetadataScanner))) {
    const operation = operations.get(operationId(handler.controller.name, handler.method));
    if (operation) describe(operation, handler, schemas);
  }
  return document;
}

function operationId(controller: string, method: string): string {
  return `${controller.replace(/Controller$/, '')}.${method}`;
}

function operationsById(document: OpenAPIObject): Map<string, Operation> {
  const operations = Object.values(document.paths).flatMap((path) =>
    Object.values(path as Record<string, Operation>).filter((value) => value?.operationId !== undefined),
  );
  return new Map(operations.map((operation) => [operation.operationId, operation]));
}

function describe(
  operation: Operation,
  { controller, method }: RouteHandler,
  schemas: Record<string, JsonSchema>,
): void {
  const handler = (controller.prototype as Record<string, object>)[method] as object;
  const declared = handlerArguments(controller, method);
  const pathParameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
  operation.parameters = [...pathParameters, ...declared.flatMap(queryParameters)];
  const body = declared.find(({ kind, name }) => kind === 'body' && name === undefined);
  const consumes: string[] | undefined = Reflect.getMetadata(CONSUMES, handler);
  if (body) operation.requestBody = jsonBody(body.type as ShapeClass, schemas);
  else if (consumes) operation.requestBody = streamBody(consumes);
  else delete operation.requestBody;
  operation.responses = responsesOf(handler, operation.responses, schemas);
  const rule: AccessRule | undefined =
    Reflect.getMetadata(ACCESS_RULE, handler) ?? Reflect.getMetadata(ACCESS_RULE, controller);
  if (rule !== 'public') operation.security = [{ bearer: [] }];
}

/** A class as the whole query gives a parameter a property; a named parameter is one itself. */
function queryParameters({ kind, name, type }: ReturnType<typeof handlerArguments>[number]) {
  if (kind !== 'query') return [];
  if (name !== undefined) return [{ name, in: 'query', required: false, schema: { type: 'string' } }];
  const { properties = {}, required = [] } = toJsonSchema(type as ShapeClass);
  return Object.entries(properties as Record<string, JsonSchema>).map(([property, schema]) => ({
    name: property,
    in: 'query',
    required: (required as string[]).includes(property) && !hasDefault(type as ShapeClass, property),
    schema: withoutNull(schema),
  }));
}

function hasDefault(shape: ShapeClass, property: string): boolean {
  return (new shape() as Record<string, unknown>)[property] !== undefined;
}

/** A query cannot say null. */
function withoutNull(schema: JsonSchema): JsonSchema {
  const options = (schema['anyOf'] as JsonSchema[] | undefined)?.filter(({ type }) => type !== 'null');
  return options?.length === 1 ? options[0]! : schema;
}

function jsonBody(shape: ShapeClass, schemas: Record<string, JsonSchema>): object {
  return { required: true, content: { 'application/json': { schema: reference(shape, schemas) } } };
}

function streamBody(mediaTypes: readonly string[]): object {
  const content = mediaTypes.map((mediaType) => [mediaType, { schema: { type: 'string' } }]);
  return { required: true, content: Object.fromEntries(content) };
}

function responsesOf(handler: object, found: Record<string, object>, schemas: Record<string, JsonSchema>) {
  const stated = answersOf(handler).map((answer) => [String(answer.status), response(answer, schemas)]);
  const problem = {
    description: 'Any error',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return { ...(stated.length > 0 ? Object.fromEntries(stated) : found), default: problem };
}

function response({ status, shape, page, mediaType }: Answer, schemas: Record<string, JsonSchema>): object {
  const description = STATUS_CODES[status] ?? '';
  if (!shape) return { description };
  const item = reference(shape, schemas);
  return { description, content: { [mediaType]: { schema: page ? pageOf(item) : item } } };
}

function pageOf(items: object): JsonSchema {
  const count = { type: 'integer' };
  const properties = {
    items: { type: 'array', items },
    total: count,
    page: count,
    pageSize: count,
    cursor: { type: ['string', 'null'] },
  };
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** A reference to the schema of a class. Two classes of one name in one service must not hide each other. */
function reference(shape: ShapeClass, schemas: Record<string, JsonSchema>): object {
  const schema = withoutDefaulted(shape, toJsonSchema(shape));
  const known = schemas[shape.name];
  if (known && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`two request or answer classes are called ${shape.name}; rename one`);
  }
  schemas[shape.name] = schema;
  return { $ref: `#/components/schemas/${shape.name}` };
}

/** What has a default may be left out of a request. */
function withoutDefaulted(shape: ShapeClass, schema: JsonSchema): JsonSchema {
  const required = ((schema['required'] ?? []) as string[]).filter((property) => !hasDefault(shape, property));
  const { required: _, ...rest } = schema;
  return required.length > 0 ? { ...rest, required } : rest;
}
