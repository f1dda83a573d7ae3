import { splitCell } from './cell.ts';
import { MAX_CELL_CHARACTERS } from './slots.ts';

/**
 * Writes a list as one cell: the inverse of splitCell. Commas join it, unless the cell would then be read as other
 * slots: an address may itself hold commas and spaces.
 */
export function joinAddresses(items: readonly string[]): string {
  const list = items.map((item) => item.trim());
  const plain = list.join(',');
  if (list.every((item) => PLAIN.test(item)) || plain.length > MAX_CELL_CHARACTERS) return plain;
  return [plain, list.join('\n'), ...QUOTES.map((quote) => quoted(list, quote))].find(holds(list)) ?? plain;
}

// Nearly every address: no character of it separates addresses.
const PLAIN = /^https?:\/\/[\w.-]+(?::\d+)?\/(?:[\w~/?#=%+&.-]*[\w~/=%+-])?$/i;

const QUOTES = ['""', '<>', '“”', '«»'] as const;

function quoted(list: string[], [opening, closing]: string): string {
  return list.map((item) => (item === '' ? '' : `${opening}${item}${closing}`)).join(',');
}

function holds(list: string[]): (cell: string) => boolean {
  return (cell) => {
    const spans = splitCell(cell);
    return spans.length === list.length && spans.every(({ from, to }, i) => cell.slice(from, to) === list[i]);
  };
}
