/** The cells of an item of a feed: a column per name of an element. */
import { joinAddresses } from '../csv/cells/join-addresses.ts';

export type XmlElement = {
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** elements, and the text between them */
  content: (XmlElement | string)[];
};

/** The names of an item's elements without Google's prefix, with the texts of their cells. */
export function cellsByName(item: XmlElement, googlePrefixes: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, { isGoogle: boolean; values: string[] }>();
  for (const element of elementsOf(item)) {
    const { key, isGoogle } = keyOf(element, googlePrefixes);
    const value = valueOf(element);
    const before = found.get(key);
    // Google's element counts more than the one of RSS or Atom with the same name.
    if (!before || (isGoogle && !before.isGoogle)) found.set(key, { isGoogle, values: [value] });
    else if (isGoogle === before.isGoogle) before.values.push(value);
  }
  return new Map(Array.from(found, ([key, { values }]) => [key, cellOf(values)]));
}

function keyOf({ name, attributes }: XmlElement, googlePrefixes: ReadonlySet<string>) {
  const [prefix, ...local] = name.split(':');
  if (local.length > 0 && googlePrefixes.has(prefix ?? '')) return { key: local.join(':'), isGoogle: true };
  const { rel = 'alternate' } = attributes;
  return { key: name === 'link' && rel !== 'alternate' ? `link ${rel}` : name, isGoogle: false };
}

/** The text of an element; the address that an empty one names, as links and enclosures do; JSON of its elements. */
function valueOf(element: XmlElement): string {
  const { attributes } = element;
  const hasText = element.content.some((part) => typeof part === 'string' && part.trim() !== '');
  if (!hasText && elementsOf(element).length > 0) return JSON.stringify(jsonOf(element));
  return textOf(element).trim() || attributes['href'] || attributes['url'] || '';
}

function elementsOf({ content }: XmlElement): XmlElement[] {
  return content.filter((part) => typeof part !== 'string');
}

function textOf({ content }: XmlElement): string {
  return content.map((part) => (typeof part === 'string' ? part : textOf(part))).join('');
}

type Json = string | Json[] | { [key: string]: Json };

function jsonOf(element: XmlElement): Json {
  const children = elementsOf(element);
  if (children.length === 0) return valueOf(element);
  const byName = Map.groupBy(children, ({ name }) => name.replace(/^.*:/, ''));
  return Object.fromEntries(
    Array.from(byName, ([name, [first, ...more]]) => {
      const values = first ? [first, ...more].map(jsonOf) : [];
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

function cellOf(values: string[]): string {
  const filled = values.filter((value) => value !== '');
  if (filled.length < 2) return filled[0] ?? '';
  return filled.every((value) => value.startsWith('{')) ? `[${filled.join(',')}]` : joinAddresses(filled);
}
