import { Transform } from 'class-transformer';

/** Property decorator for a query: `a,b` and `x=a&x=b` are both read as `['a', 'b']`; blanks around are dropped. */
export function CommaList(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (value === undefined) return undefined;
    const texts = Array.isArray(value) ? value : [value];
    return texts
      .flatMap((text) => String(text).split(','))
      .map((text) => text.trim())
      .filter(Boolean);
  });
}
