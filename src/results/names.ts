import { hash } from 'node:crypto';
import type { NamePiece, NameTemplate, Placeholder } from '../presets/name-template.ts';

/** What of a file goes into its name. */
export type Named = {
  /** SKU, else serial, else row number of its product */
  label: string;
  productName: string;
  position: number;
  rendition: string;
  /** of the image's renditions; null where there are none yet, or never will be */
  hash16: string | null;
  extension: string;
};

/**
 * Gives each file a name of its own, on file systems that ignore case too: one that is taken gets
 * `-2`, `-3`, … Names depend on all the files before, so ask for every slot and rendition, in order,
 * made or not: then they stay as they are when a failed image is tried again. Only a name with {hash16}
 * waits until there is one, and is '' before.
 */
export function createNames(template: NameTemplate): (file: Named) => string {
  // 48 bits of a hash instead of the name: a million take 40 MB. Two names that share them, with a chance
  // of 1 in 500 among a million, cost a suffix that was not needed.
  const taken = new Set<number>();
  const nextNumber = new Map<number, number>();
  const hasHash = template.flat().some((piece) => 'value' in piece && piece.value === 'hash16');

  return (file) => {
    if (hasHash && file.hash16 === null) return '';
    const name = nameOf(template, file);
    const key = nameKey(name);
    if (!taken.has(key)) {
      taken.add(key);
      return name;
    }
    const stem = name.slice(0, -file.extension.length - 1);
    for (let number = nextNumber.get(key) ?? 2; ; number += 1) {
      const other = `${stem}-${number}.${file.extension}`;
      const otherKey = nameKey(other);
      if (taken.has(otherKey)) continue;
      taken.add(otherKey);
      nextNumber.set(key, number + 1); // or a million equal names would be tried from 2 each
      return other;
    }
  };
}

/** The name as the last part of a URL. Others may have the same: it is the key before it that counts. */
export function nameInUrl(template: NameTemplate, file: Named): string {
  return encodeURIComponent(nameOf(template, file).replaceAll('/', '_'));
}

/** Lower case, then upper: ß is ss then, and both sigmas are one. Forms that only look different count as equal. */
export function nameKey(name: string): number {
  const folded = name.normalize('NFKC').toLowerCase().toUpperCase();
  return hash('sha1', folded, 'buffer').readUIntBE(0, 6);
}

const MAX_SEGMENT_BYTES = 240; // file systems take 255, and a suffix may follow

/** A relative path that stays in its folder, whatever the cells hold. */
function nameOf(template: NameTemplate, file: Named): string {
  const segments = template.map((pieces) => pieces.map((piece) => textOf(piece, file)).join(''));
  const end = `.${file.extension}`;
  const stem = segments.pop()?.slice(0, -end.length) ?? '';
  return [...segments.map((folder) => segmentOf(folder, '')), segmentOf(stem, end)].join('/');
}

function segmentOf(text: string, end: string): string {
  const kept = shortened(text, MAX_SEGMENT_BYTES - end.length).replace(/[. ]+$/, '');
  return `${WINDOWS_DEVICE.test(kept) ? '_' : ''}${kept}${end}`;
}

// Opening one of these on Windows opens a device, whatever stands behind the first dot.
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])\s*(\.|$)/i;

function textOf(piece: NamePiece, file: Named): string {
  return 'text' in piece ? piece.text : VALUES[piece.value](file);
}

const VALUES = {
  sku: ({ label }) => safe(label),
  name: ({ productName }) => safe(productName),
  position: ({ position }) => String(position),
  rendition: ({ rendition }) => rendition,
  hash16: ({ hash16 }) => hash16 ?? '',
  ext: ({ extension }) => extension,
} satisfies Record<Placeholder, (file: Named) => string>;

const FIRST_CHARACTERS = /^.{0,80}/u;
const MAX_BYTES = 160; // 80 letters of Cyrillic, 53 of Chinese: two of them leave room for the rest
// Some letters cannot be seen (Hangul fillers, variation selectors): with them two names would look the same.
const NOT_KEPT = /[^[\p{L}\p{M}\p{N}._\-]--\p{Default_Ignorable_Code_Point}]+/gv;

/** Letters and digits of any language; everything that a file system or a shell could take amiss is a `_`. */
function safe(value: string): string {
  const text = value.slice(0, 1_000).normalize('NFC').replaceAll(NOT_KEPT, '_');
  const start = text.replace(/^[._\p{M}-]+/u, '');
  const [first = ''] = FIRST_CHARACTERS.exec(start) ?? [];
  const kept = shortened(first, MAX_BYTES).replace(/\.+$/, '');
  return kept === '' ? 'product' : kept;
}

/** Its beginning, of so many bytes at the most, without half a character at the end. */
export function shortened(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
