import { type Static, Type } from 'typebox';

const MAX_VALUES = 100;

/** A query parameter that may be repeated, or hold several values separated by commas. */
export function ListOf(description: string) {
  return Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 2_000 }), {
      maxItems: MAX_VALUES,
      description: `${description}. Repeated, or separated by commas: one of them`,
    }),
  );
}

/** The values of a `ListOf`; undefined where there is none. */
export function valuesOf(list: Static<ReturnType<typeof ListOf>> | undefined): string[] | undefined {
  const values = list?.flatMap((text) => text.split(',')).map((value) => value.trim());
  const found = values?.filter((value) => value !== '') ?? [];
  return found.length === 0 ? undefined : found;
}
