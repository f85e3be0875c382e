import 'reflect-metadata';

const ANSWERS = Symbol('answers');

/** A class whose schema is made from its class-validator decorators. */
export type ShapeClass = new () => object;

/** What a route answers when all goes well. */
export interface Answer {
  readonly status: number;
  /** Absent: no body. */
  readonly shape: ShapeClass | undefined;
  readonly mediaType: string;
}

/** States an answer of a route for the OpenAPI document; several may be given. Errors need not be stated. */
export function Answers(status: number, shape?: ShapeClass, mediaType = 'application/json'): MethodDecorator {
  return (_target, _method, descriptor) => {
    const handler = descriptor.value as object;
    Reflect.defineMetadata(ANSWERS, [{ status, shape, mediaType } satisfies Answer, ...answersOf(handler)], handler);
  };
}

/** The answers that a handler states, in the order of its decorators. */
export function answersOf(handler: object): readonly Answer[] {
  return (Reflect.getMetadata(ANSWERS, handler) ?? []) as readonly Answer[];
}
