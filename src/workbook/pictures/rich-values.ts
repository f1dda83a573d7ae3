/**
 * Pictures that are the value of a cell, as Excel writes them ([MS-XLSX], 2.6.16x): the cell names value metadata by
 * `vm`, that a rich value, that a relationship, and that the part with the picture.
 */
import { type Package, type Relationship, targetOf } from '../package.ts';
import { type Attributes, prefixed } from '../xml.ts';

/** The parts with pictures by the `vm` of their cells. */
export async function richPictures(
  parts: Package,
  relationships: Map<string, Relationship>,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const pictures = await picturesOfValues(parts, relationships);
  if (pictures.size === 0) return found;
  const values = await richValuesOfMetadata(parts, targetOf(relationships, 'sheetMetadata'));
  for (const [i, value] of values.entries()) {
    const picture = value === undefined ? undefined : pictures.get(value);
    if (picture !== undefined) found.set(String(i + 1), picture);
  }
  return found;
}

/** The index of the rich value of each value metadata. */
async function richValuesOfMetadata(
  parts: Package,
  part: string | undefined,
): Promise<(number | undefined)[]> {
  const types: string[] = [];
  const blocks: number[] = []; // of the future metadata of rich values
  const metadata: (number | undefined)[] = [];
  let section = '';
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name === 'futureMetadata') section = attributes['name'] ?? '';
      if (name === 'valueMetadata') section = name;
      if (name === 'metadataType') types.push(attributes['name'] ?? '');
      if (name === 'rvb' && section === 'XLRICHVALUE') blocks.push(Number(attributes['i']));
      if (name === 'bk' && section === 'valueMetadata') metadata.push(undefined);
      if (
        name === 'rc' &&
        section === 'valueMetadata' &&
        types[Number(attributes['t']) - 1] === 'XLRICHVALUE'
      )
        metadata[metadata.length - 1] = blocks[Number(attributes['v'])];
    },
    close: (name) => {
      if (name === 'futureMetadata' || name === 'valueMetadata') section = '';
    },
  });
  return metadata;
}

/** The parts with pictures by the index of their rich value. */
async function picturesOfValues(
  parts: Package,
  relationships: Map<string, Relationship>,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const part = targetOf(relationships, 'rdRichValue');
  if (part === undefined) return found;
  const places = await pictureKeys(parts, targetOf(relationships, 'rdRichValueStructure'));
  const pictures = await relatedPictures(parts, targetOf(relationships, 'richValueRel'));
  let [value, structure, key, isKey] = [-1, 0, -1, false];
  const begin = ({ s = '0' }: Attributes): void => {
    value += 1;
    [structure, key] = [Number(s), -1];
  };
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name === 'rv') begin(attributes);
      if (name === 'v') key += 1;
      isKey = name === 'v' && key === places[structure];
    },
    text: (text) => {
      const picture = isKey ? pictures[Number(text)] : undefined;
      if (picture !== undefined) found.set(value, picture);
    },
  });
  return found;
}

/** At which key each structure names a picture; undefined: at none. */
async function pictureKeys(parts: Package, part: string | undefined): Promise<(number | undefined)[]> {
  const places: (number | undefined)[] = [];
  let key = -1;
  await parts.parse(part, {
    open: (name, { n }) => {
      if (name === 's') {
        places.push(undefined);
        key = -1;
      }
      if (name !== 'k') return;
      key += 1;
      if (n === '_rvRel:LocalImageIdentifier') places[places.length - 1] = key;
    },
  });
  return places;
}

/** The parts with pictures in the order in which rich values number them. */
async function relatedPictures(parts: Package, part: string | undefined): Promise<(string | undefined)[]> {
  const pictures: (string | undefined)[] = [];
  if (part === undefined) return pictures;
  const targets = await parts.relationshipsOf(part);
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name !== 'rel') return;
      const target = targets.get(prefixed(attributes, 'id') ?? '');
      pictures.push(target && !target.isExternal ? target.target : undefined);
    },
  });
  return pictures;
}
