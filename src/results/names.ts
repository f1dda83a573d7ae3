import { hash } from 'node:crypto';
import { shortened } from '../files.ts';
import type { NamePiece, NameTemplate, Placeholder } from '../presets/name-template.ts';

/** The values that a name template can use. */
export type NameParts = {
  /** SKU, else serial, else row number of its product */
  label: string;
  productName: string;
  position: number;
  rendition: string;
  /** of the image's renditions; null if it is not completed. Users write it as `{hash16}` */
  setId: string | null;
  extension: string;
};

/**
 * Gives each file a unique name, also on file systems that ignore case: a duplicate gets `-2`, `-3`, …
 * A name depends on all names before it. Call it for every slot and rendition in order, made or not: then
 * no name changes when a failed image is retried. A name with {hash16} is '' until the image is completed.
 */
export function createNamer(template: NameTemplate): (file: NameParts) => string {
  // The set holds hashes of 48 bits, not names: a million of them take 40 MB. A collision, 1 in 500 among a
  // million names, costs a needless suffix.
  const taken = new Set<number>();
  const nextNumber = new Map<number, number>();
  const hasSetId = template.flat().some((piece) => 'value' in piece && piece.value === 'hash16');

  return (file) => {
    if (hasSetId && file.setId === null) return '';
    const name = filled(template, file);
    const key = foldedHash(name);
    if (!taken.has(key)) {
      taken.add(key);
      return name;
    }
    const stem = name.slice(0, -file.extension.length - 1);
    for (let number = nextNumber.get(key) ?? 2; ; number += 1) {
      const other = `${stem}-${number}.${file.extension}`;
      const otherKey = foldedHash(other);
      if (taken.has(otherKey)) continue;
      taken.add(otherKey);
      nextNumber.set(key, number + 1); // starting at 2 each time would be quadratic for equal names
      return other;
    }
  };
}

/** The name as the last part of a URL. It need not be unique: the storage key before it is. */
export function nameInUrl(template: NameTemplate, file: NameParts): string {
  return encodeURIComponent(filled(template, file).replaceAll('/', '_'));
}

/**
 * A hash of 48 bits that is equal for names that a file system may take as one: case and compatibility forms
 * are folded. Lower case and then upper case folds ß with ss, and both sigmas, too.
 */
export function foldedHash(name: string): number {
  const folded = name.normalize('NFKC').toLowerCase().toUpperCase();
  return hash('sha1', folded, 'buffer').readUIntBE(0, 6);
}

const MAX_SEGMENT_BYTES = 240; // file systems allow 255, and a suffix may follow

/** Fills in a template: a relative path that stays inside its folder, whatever the cells hold. */
function filled(template: NameTemplate, file: NameParts): string {
  const segments = template.map((pieces) => pieces.map((piece) => textOf(piece, file)).join(''));
  const end = `.${file.extension}`;
  const stem = segments.pop()?.slice(0, -end.length) ?? '';
  return [...segments.map((folder) => segmentOf(folder, '')), segmentOf(stem, end)].join('/');
}

function segmentOf(text: string, end: string): string {
  const kept = shortened(text, MAX_SEGMENT_BYTES - end.length).replace(/[. ]+$/, '');
  return `${WINDOWS_DEVICE.test(kept) ? '_' : ''}${kept}${end}`;
}

// Windows opens a device under these names, with any extension.
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])\s*(\.|$)/i;

function textOf(piece: NamePiece, file: NameParts): string {
  return 'text' in piece ? piece.text : VALUES[piece.value](file);
}

const VALUES = {
  sku: ({ label }) => safe(label),
  name: ({ productName }) => safe(productName),
  position: ({ position }) => String(position),
  rendition: ({ rendition }) => rendition,
  hash16: ({ setId }) => setId ?? '',
  ext: ({ extension }) => extension,
} satisfies Record<Placeholder, (file: NameParts) => string>;

const FIRST_CHARACTERS = /^.{0,80}/u;
const MAX_BYTES = 160; // 80 Cyrillic letters or 53 Chinese ones; two values fit into one segment
// Invisible letters (Hangul fillers, variation selectors) would make two names look the same.
const NOT_KEPT = /[^[\p{L}\p{M}\p{N}._\-]--\p{Default_Ignorable_Code_Point}]+/gv;

/** Keeps letters and digits of any language; replaces what a file system or a shell could misread with `_`. */
function safe(value: string): string {
  const text = value.slice(0, 1_000).normalize('NFC').replaceAll(NOT_KEPT, '_');
  const start = text.replace(/^[._\p{M}-]+/u, '');
  const [first = ''] = FIRST_CHARACTERS.exec(start) ?? [];
  const kept = shortened(first, MAX_BYTES).replace(/\.+$/, '');
  return kept === '' ? 'product' : kept;
}
