import type { RowOptions } from './row-options.ts';
import { invalidFile } from '../csv/decode.ts';
import type { ProductRow } from './rows.ts';

const MAX_COMBINATIONS = 1_000; // each is kept with the batch and looked up by every task

export type RowOptionNumbers = {
  /** @throws Problem `csv_invalid`: `too_many_choices` */
  of(product: ProductRow): number;
  /** in the order of their numbers */
  all(): RowOptions[];
};

/** Gives each different choice of a row a number; the first one, 0, chooses nothing. */
export function numberRowOptions(): RowOptionNumbers {
  const numbers = new Map<string, number>([['{}', 0]]);
  return {
    of({ line, choice }) {
      const text = JSON.stringify(choice);
      const number = numbers.get(text) ?? numbers.size;
      if (number > MAX_COMBINATIONS) throw tooManyCombinations(line);
      numbers.set(text, number);
      return number;
    },
    all: () => [...numbers.keys()].map((choice) => JSON.parse(choice) as RowOptions),
  };
}

function tooManyCombinations(line: number): Error {
  return invalidFile(
    'too_many_choices',
    `The columns Preset, Width, Height, Quality and Format hold more than ${MAX_COMBINATIONS} different combinations.`,
    line,
  );
}
