import { Problem } from '../errors.ts';

/**
 * Placeholders in the names of files. `sku` is the SKU, or else the serial, or else the row's number; `name` is the
 * product's name.
 */
const PLACEHOLDERS = ['sku', 'name', 'position', 'rendition', 'hash16', 'ext'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** How files are named: the segments of a path, each made of texts and placeholders. */
export type NameTemplate = readonly (readonly NamePiece[])[];
export type NamePiece = { text: string } | { value: Placeholder };

export const DEFAULT_NAME_TEMPLATE = '{sku}-{position}-{rendition}.{ext}';

const MAX_CHARACTERS = 200;

/**
 * Reads a template such as `{sku}/{position}-{rendition}.{ext}`. `.{ext}` is added if the template does not end with it.
 * @throws Problem `bad_request` that names the flaw
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
  if (/\p{C}/u.test(template)) return 'it holds an invisible character';
  // Windows refuses these, except the comma, which separates two names in a cell of output.csv.
  const [refused] = /[\\:*?"<>|,]/.exec(template) ?? [];
  if (refused) return `it holds ${refused}, which file names must not hold`;
  if (template.startsWith('/')) return 'it begins with /, but must be a relative path';
  return flawOfPlaceholders(template) ?? template.split('/').map(flawOfSegment).find(Boolean);
}

function flawOfPlaceholders(template: string): string | undefined {
  const known = PLACEHOLDERS.map((name) => `{${name}}`);
  const unknown = (template.match(/\{[^{}]*\}/g) ?? []).find((placeholder) => !known.includes(placeholder));
  if (unknown !== undefined) return `${unknown} is not a placeholder; there are ${known.join(', ')}`;
  return /[{}]/.test(template.replaceAll(/\{\w+\}/g, '')) ? 'it has an unmatched brace' : undefined;
}

function flawOfSegment(segment: string): string | undefined {
  if (segment === '') return 'it has a folder or file without a name';
  if (segment === '..') return 'it leaves its folder with ..';
  if (!/^[\p{L}\p{N}_{]/u.test(segment))
    return `"${segment}" does not begin with a letter, a digit, _ or a placeholder`;
  return /[. ]$/.test(segment) ? `"${segment}" ends with a dot or a space` : undefined;
}
