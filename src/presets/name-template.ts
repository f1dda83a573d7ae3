import { Problem } from '../errors.ts';

/**
 * What stands in for a value in the names of files: `sku` is the SKU, else the serial, else the row's
 * number; `name` is the product's.
 */
const PLACEHOLDERS = ['sku', 'name', 'position', 'rendition', 'hash16', 'ext'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** How files are named: folders, the last one the file itself, each of texts and placeholders. */
export type NameTemplate = readonly (readonly NamePiece[])[];
export type NamePiece = { text: string } | { value: Placeholder };

export const DEFAULT_NAME_TEMPLATE = '{sku}-{position}-{rendition}.{ext}';

const MAX_CHARACTERS = 200;

/**
 * Reads a template such as `{sku}/{position}-{rendition}.{ext}`. `.{ext}` is added where it is not the end.
 * @throws Problem `bad_request` that names what is wrong
 */
export function parseNameTemplate(text: string): NameTemplate {
  const template = text.normalize('NFC');
  const flaw = flawOf(template);
  if (flaw !== undefined)
    throw new Problem('bad_request', { detail: `The name template cannot be used: ${flaw}.` });
  const whole = template.endsWith('.{ext}') ? template : `${template}.{ext}`;
  return whole.split('/').map(piecesOf);
}

function piecesOf(segment: string): NamePiece[] {
  return segment.split(/(\{\w+\})/).flatMap((piece): NamePiece[] => {
    const placeholder = PLACEHOLDERS.find((name) => piece === `{${name}}`);
    if (placeholder) return [{ value: placeholder }];
    return piece === '' ? [] : [{ text: piece }];
  });
}

function flawOf(template: string): string | undefined {
  if (template.trim() === '') return 'it is empty';
  if (template.length > MAX_CHARACTERS) return `it has more than ${MAX_CHARACTERS} characters`;
  if (/\p{C}/u.test(template)) return 'it holds a character that cannot be seen';
  // What Windows refuses; a comma stands between two names in a cell of output.csv.
  const [refused] = /[\\:*?"<>|,]/.exec(template) ?? [];
  if (refused) return `it holds ${refused}, which no name may hold`;
  if (template.startsWith('/')) return 'it begins with /, and names lie below a folder of their own';
  return flawOfPlaceholders(template) ?? template.split('/').map(flawOfSegment).find(Boolean);
}

function flawOfPlaceholders(template: string): string | undefined {
  const known = PLACEHOLDERS.map((name) => `{${name}}`);
  const unknown = (template.match(/\{[^{}]*\}/g) ?? []).find((placeholder) => !known.includes(placeholder));
  if (unknown !== undefined) return `${unknown} is not known; there are ${known.join(', ')}`;
  return /[{}]/.test(template.replaceAll(/\{\w+\}/g, '')) ? 'it has a brace without its partner' : undefined;
}

function flawOfSegment(segment: string): string | undefined {
  if (segment === '') return 'it has a folder or file without a name';
  if (segment === '..') return 'it leaves its folder with ..';
  if (!/^[\p{L}\p{N}_{]/u.test(segment))
    return `"${segment}" does not begin with a letter, a digit, _ or a placeholder`;
  return /[. ]$/.test(segment) ? `"${segment}" ends with a dot or a space` : undefined;
}
