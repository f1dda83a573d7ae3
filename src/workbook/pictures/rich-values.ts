/**
 * Pictures that are the value of a cell, as Excel writes them ([MS-XLSX], 2.6.16x): the cell names value metadata by
 * `vm`, that a rich value, that a relationship, and that the part with the picture. The value of IMAGE() names the
 * address from which Excel had the picture.
 */
import { boundedLink, countedTo, MAX_PICTURES } from '../limits.ts';
import { type Package, type Relationship, targetOf } from '../package.ts';
import { type Attributes, prefixed } from '../xml.ts';

const MAX_METADATA = 2_000_000; // those of data types are among them

export type RichPicture = { part: string } | { link: string };

/** The pictures by the `vm` of their cells. */
export async function richPictures(
  parts: Package,
  relationships: Map<string, Relationship>,
): Promise<Map<string, RichPicture>> {
  const found = new Map<string, RichPicture>();
  const pictures = await picturesOfValues(parts, relationships);
  if (pictures.size === 0) return found;
  const values = await richValuesOfMetadata(parts, targetOf(relationships, 'sheetMetadata'));
  const count = countedTo(MAX_PICTURES, 'pictures in cells');
  for (const [i, value] of values.entries()) {
    const picture = value === undefined ? undefined : pictures.get(value);
    if (picture === undefined) continue;
    count();
    found.set(String(i + 1), picture);
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
  const count = countedTo(MAX_METADATA, 'values of metadata');
  let section = '';
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name === 'futureMetadata') section = attributes['name'] ?? '';
      if (name === 'valueMetadata') section = name;
      if (name === 'metadataType' || name === 'rvb' || name === 'bk') count();
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

/** The pictures by the index of their rich value. */
async function picturesOfValues(
  parts: Package,
  relationships: Map<string, Relationship>,
): Promise<Map<number, RichPicture>> {
  const found = new Map<number, RichPicture>();
  const part = targetOf(relationships, 'rdRichValue');
  if (part === undefined) return found;
  const structures = await pictureKeys(parts, targetOf(relationships, 'rdRichValueStructure'));
  const pictures = {
    local: await relatedPictures(parts, targetOf(relationships, 'richValueRel')),
    web: await webPictures(parts, targetOf(relationships, 'rdRichValueWebImage')),
  };
  const count = countedTo(MAX_PICTURES, 'pictures in cells');
  let [value, structure, key, isKey] = [-1, 0, -1, false];
  const begin = ({ s = '0' }: Attributes): void => {
    value += 1;
    [structure, key] = [Number(s), -1];
  };
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name === 'rv') begin(attributes);
      if (name === 'v') key += 1;
      isKey = name === 'v' && key === structures[structure]?.key;
    },
    text: (text) => {
      const picture = isKey ? pictures[structures[structure]?.is ?? 'local'][Number(text)] : undefined;
      if (!picture) return;
      count();
      found.set(value, picture);
    },
  });
  return found;
}

type PictureKey = { key: number; is: 'local' | 'web' };

const KEYS: Record<string, PictureKey['is']> = {
  '_rvRel:LocalImageIdentifier': 'local',
  WebImageIdentifier: 'web',
};

/** At which key each structure names a picture; undefined: at none. */
async function pictureKeys(parts: Package, part: string | undefined): Promise<(PictureKey | undefined)[]> {
  const structures: (PictureKey | undefined)[] = [];
  const count = countedTo(MAX_PICTURES, 'structures of rich values');
  let key = -1;
  await parts.parse(part, {
    open: (name, { n = '' }) => {
      if (name === 's') {
        count();
        structures.push(undefined);
        key = -1;
      }
      if (name !== 'k') return;
      key += 1;
      const is = Object.hasOwn(KEYS, n) ? KEYS[n] : undefined;
      if (is) structures[structures.length - 1] = { key, is };
    },
  });
  return structures;
}

type Numbered = (RichPicture | undefined)[];

/** The parts with pictures in the order in which rich values number them. */
async function relatedPictures(parts: Package, part: string | undefined): Promise<Numbered> {
  const pictures: Numbered = [];
  if (part === undefined) return pictures;
  const targets = await parts.relationshipsOf(part);
  const count = countedTo(MAX_PICTURES, 'pictures in cells');
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name !== 'rel') return;
      count();
      const target = targets.get(prefixed(attributes, 'id') ?? '');
      pictures.push(target && !target.isExternal ? { part: target.target } : undefined);
    },
  });
  return pictures;
}

/** The addresses from which IMAGE() had its pictures, in the order in which rich values number them. */
async function webPictures(parts: Package, part: string | undefined): Promise<Numbered> {
  const pictures: Numbered = [];
  if (part === undefined) return pictures;
  const targets = await parts.relationshipsOf(part);
  const count = countedTo(MAX_PICTURES, 'pictures in cells');
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name === 'webImageSrd') {
        count();
        pictures.push(undefined);
      }
      const target = name === 'address' ? targets.get(prefixed(attributes, 'id') ?? '') : undefined;
      if (target?.isExternal && pictures.length > 0)
        pictures[pictures.length - 1] = { link: boundedLink(target.target) };
    },
  });
  return pictures;
}
