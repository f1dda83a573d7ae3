import { Type } from 'typebox';
import { wrongParameter } from './flaws.ts';
import { SOME_VALUES } from './patterns.ts';

/** A query parameter with several values, separated by commas. */
export function ListOf(description: string) {
  return Type.Optional(
    Type.String({
      pattern: SOME_VALUES,
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

/** The same where only some values mean something. @throws Problem `bad_request` for another one */
export function valuesAmong<T extends string>(
  name: string,
  list: string | undefined,
  allowed: readonly T[],
): T[] | undefined {
  const isAllowed = (text: string): text is T => allowed.some((one) => one === text);
  const values = valuesOf(list);
  for (const value of values ?? [])
    if (!isAllowed(value))
      throw wrongParameter(name, `It must be one or more of ${allowed.join(', ')}; "${value}" is none.`);
  return values?.filter(isAllowed);
}
