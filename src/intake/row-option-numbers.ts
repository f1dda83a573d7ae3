import type { RowOptions } from './row-options.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import type { ProductRow } from './rows.ts';

const MAX_COMBINATIONS = 1_000; // the batch's row holds all of them, and every task looks one up

/** Numbers each different combination of row options. Number 0 chooses nothing. */
export class RowOptionNumbers {
  readonly #numbers = new Map<string, number>([['{}', 0]]);

  /** @throws Problem `csv_invalid`: `too_many_choices` */
  numberOf({ line, rowOptions }: ProductRow): number {
    const text = JSON.stringify(rowOptions);
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    if (number > MAX_COMBINATIONS) throw tooManyCombinations(line);
    if (number === this.#numbers.size) this.#numbers.set(text, number);
    return number;
  }

  /** The combinations in the order of their numbers. */
  all(): RowOptions[] {
    return [...this.#numbers.keys()].map((text) => JSON.parse(text) as RowOptions);
  }
}

function tooManyCombinations(line: number): Error {
  return invalidFile(
    'too_many_choices',
    `The columns Preset, Width, Height, Quality and Format hold more than ${MAX_COMBINATIONS} different combinations.`,
    line,
  );
}
