import type { RowChoice } from './row-options.ts';
import { invalidFile } from '../csv/decode.ts';
import type { ProductRow } from './rows.ts';

const MAX_CHOICES = 1_000; // each is kept with the batch and looked up by every task

export type ChoiceNumbers = {
  /** @throws Problem `csv_invalid`: `too_many_choices` */
  of(product: ProductRow): number;
  /** in the order of their numbers */
  all(): RowChoice[];
};

/** Gives each different choice of a row a number; the first one, 0, chooses nothing. */
export function numberChoices(): ChoiceNumbers {
  const numbers = new Map<string, number>([['{}', 0]]);
  return {
    of({ line, choice }) {
      const text = JSON.stringify(choice);
      const number = numbers.get(text) ?? numbers.size;
      if (number > MAX_CHOICES) throw tooManyChoices(line);
      numbers.set(text, number);
      return number;
    },
    all: () => [...numbers.keys()].map((choice) => JSON.parse(choice) as RowChoice),
  };
}

function tooManyChoices(line: number): Error {
  return invalidFile(
    'too_many_choices',
    `The columns Preset, Width, Height, Quality and Format hold more than ${MAX_CHOICES} different combinations.`,
    line,
  );
}
