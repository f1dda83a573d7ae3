import type { Package } from './package.ts';
import { NUMBER, type NumberFormat, numberFormat } from './number-format.ts';

const MAX_STYLES = 65_536; // Excel's limit is 65,490

/** The number formats of cells by their style. */
export async function readStyles(parts: Package, part: string | undefined): Promise<NumberFormat[]> {
  const codes = new Map<number, string>();
  const styles: NumberFormat[] = [];
  const known = new Map<number, NumberFormat>();
  const formatOf = (id: number): NumberFormat => {
    const format = known.get(id) ?? numberFormat(id, codes.get(id));
    known.set(id, format);
    return format;
  };
  let isCellFormat = false;
  await parts.parse(part, {
    open: (name, { numFmtId = '0', formatCode = '' }) => {
      if (name === 'cellXfs') isCellFormat = true;
      if (name === 'numFmt' && codes.size < MAX_STYLES) codes.set(Number(numFmtId), formatCode);
      if (name === 'xf' && isCellFormat && styles.length < MAX_STYLES)
        styles.push(formatOf(Number(numFmtId)));
    },
    close: (name) => {
      if (name === 'cellXfs') isCellFormat = false;
    },
  });
  return styles;
}

/** @param style of a cell, an index of the styles */
export function formatOfCell(styles: NumberFormat[], style: string | undefined): NumberFormat {
  return (style === undefined ? undefined : styles[Number(style)]) ?? NUMBER;
}
