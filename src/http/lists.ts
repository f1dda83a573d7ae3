import { Type } from 'typebox';

/** A query parameter with several values, separated by commas. */
export function ListOf(description: string) {
  return Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2_000,
      description: `${description}; several, separated by commas: one of them`,
    }),
  );
}

/** The values of a `ListOf`; undefined where there is none. */
export function valuesOf(list: string | undefined): string[] | undefined {
  const values = list?.split(',').map((value) => value.trim());
  const found = values?.filter((value) => value !== '') ?? [];
  return found.length === 0 ? undefined : found;
}
