import 'reflect-metadata';

const ANSWERS = Symbol('answers');

/** A class whose schema is made from its class-validator decorators. */
export type ShapeClass = new () => object;

/** What a route answers when all goes well. */
export interface Answer {
  readonly status: number;
  /** Absent: no body. */
  readonly shape: ShapeClass | undefined;
  /** The body is a page of a list whose items have that shape. */
  readonly page: boolean;
  readonly mediaType: string;
}

/** What else is to be said of an answer. */
export interface AnswerOptions {
  /** The body is `{items, total, page, pageSize, cursor}`, the class is that of an item. @default false */
  readonly page?: boolean;
  /** @default 'application/json' */
  readonly mediaType?: string;
}

/** States an answer of a route for the OpenAPI document; several may be given. Errors need not be stated. */
export function Answers(status: number, shape?: ShapeClass, options: AnswerOptions = {}): MethodDecorator {
  return (_target, _method, descriptor) => {
    const handler = descriptor.value as object;
    const { page = false, mediaType = 'application/json' } = options;
    const answer: Answer = { status, shape, page, mediaType };
    Reflect.defineMetadata(ANSWERS, [answer, ...answersOf(handler)], handler);
  };
}

/** The answers that a handler states, in the order of its decorators. */
export function answersOf(handler: object): readonly Answer[] {
  return (Reflect.getMetadata(ANSWERS, handler) ?? []) as readonly Answer[];
}
