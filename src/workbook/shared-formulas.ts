import { addressIn, moved } from './formulas.ts';
import type { AddressFormula } from './references.ts';
import type { Attributes } from './xml.ts';

type Found = ReturnType<typeof addressIn>;
type Place = { line: number; column: number };

const MAX_SHARED = 10_000;

/**
 * The addresses that formulas show. A column that was filled down has its formula in the first cell only, and the
 * other cells name it by a number (ECMA-376, part 1, 18.3.1.40).
 */
export class SharedFormulas {
  readonly #first = new Map<string, Place & { address: Found }>();

  /** @param attributes of the element `f` */
  addressOf(formula: string, { t, si }: Attributes, place: Place): Found {
    const shared = t === 'shared' ? si : undefined;
    if (formula === '') return shared === undefined ? undefined : this.#movedTo(shared, place);
    const address = addressIn(formula);
    if (shared !== undefined && this.#first.size < MAX_SHARED) this.#first.set(shared, { ...place, address });
    return address;
  }

  #movedTo(shared: string, { line, column }: Place): AddressFormula | 'unknown' | undefined {
    const first = this.#first.get(shared);
    if (!first || typeof first.address !== 'object') return first?.address;
    return moved(first.address, line - first.line, column - first.column);
  }
}
