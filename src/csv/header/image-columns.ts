/**
 * Finds image columns by their names. A name matches if it consists of the words below and nothing else: `Main Image`,
 * `image[0].url`, `product_media_gallery_image_url_1`, `URL des images`, but not `Image Alt Text`. The words are from
 * exports and import templates, as of November 2026.
 */
import { words } from '../words.ts';

/** Minilab's own column. If it is there, no other image column is read. */
const OWN = /^inputimageurls?\d*$/;

// The last four are from Shopware, Zalando, Otto and Salsify.
const IMAGE = words(`
  image images img imgs picture pictures pic pics photo photos foto fotos bild bilder bildes bilds
  imagen imagenes immagine immagini afbeelding afbeeldingen afbeeldings zdjecie zdjecia media
  mediaassets digitalassets coverurl
`);
const MAIN = words(
  'main base primary featured hero cover default haupt titel hoofd principale principal głowne glowne',
);
const MORE = words(`
  additional other others secondary extra alternate alternative more further weitere weiterer zusatz
  zusatzliche zusatzlicher zusatzliches andere supplementaire supplementaires secondaire secondaires
  autre autres adicional adicionales otra otras secundaria secundarias aggiuntiva aggiuntive altre
  secondaria secondarie dodatkowe
`);
const GALLERY = words('gallery galleries galerie galeria galleria galerij');
// With the words of Ecwid, Squarespace and BigCommerce.
const BESIDE = words(`
  url urls uri uris link links src source locator pfad path address lien liens enlace enlaces adres
  product products item sku artikel produkt produit producto prodotto produto productmedia hosted
  import salsify de des du della delle do der zum zur la las l van s xyz
`);

type Kind = 'main' | 'image' | 'more' | 'number' | 'beside';

const WORDS: readonly (readonly [string, Kind])[] = [
  ...MAIN.map((word) => [word, 'main'] as const),
  ...IMAGE.map((word) => [word, 'image'] as const),
  ...[...MORE, ...GALLERY].map((word) => [word, 'more'] as const),
  ...BESIDE.map((word) => [word, 'beside'] as const),
];
const KINDS = new Map(WORDS);
/** The words by their first character, the longest first. */
const KNOWN = Map.groupBy(
  WORDS.map(([word]) => word).toSorted((a, b) => b.length - a.length),
  (word) => word[0],
);
const LONGEST_NAME = 80;

// Odoo names an image by its size. The smaller ones (image_512, image_128) show the same picture.
const ODOO = /^(?:producttemplate)?image(?:ids?image)?1920$/;

/** Where the URLs of an image column rank in their row: main images first, then by number. */
type Rank = { kind: 'main' | 'image' | 'more'; number: number };

/**
 * The image columns in the order of the positions that their URLs get: main images, plain ones, additional ones;
 * within each kind by number, then by column.
 * @param keys of the header; see columnKey
 * @returns column indexes from 0
 */
export function imageColumns(keys: readonly string[]): number[] {
  const own = [...keys.keys()].filter((i) => OWN.test(keys[i] ?? ''));
  if (own.length > 0) return own;
  const ranked = keys.flatMap((key, column) => {
    const rank = rankOf(key);
    return rank ? [{ column, ...rank }] : [];
  });
  const order = ['main', 'image', 'more'];
  return ranked
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.number - b.number)
    .map(({ column }) => column);
}

/** Undefined if the name is not that of an image column. */
function rankOf(key: string): Rank | undefined {
  const text = key.normalize('NFD').replaceAll(/\p{M}/gu, '');
  if (ODOO.test(text)) return { kind: text.startsWith('image') ? 'main' : 'more', number: 0 };
  const parts = wordsOf(text);
  const kinds = new Set(parts?.map((word) => KINDS.get(word) ?? 'number'));
  const isGallery = parts?.some((word) => GALLERY.includes(word)) ?? false;
  if (!parts || (!kinds.has('image') && !isGallery)) return undefined;
  const kind = kinds.has('more') ? 'more' : kinds.has('main') ? 'main' : 'image';
  return { kind, number: Number(parts.find((word) => /^\d/.test(word)) ?? 0) };
}

/**
 * The words that a text consists of; undefined if it holds anything else. It works from the end of the text and
 * remembers each offset, so that ambiguous texts do not take exponential time.
 */
function wordsOf(text: string): string[] | undefined {
  if (text.length > LONGEST_NAME) return undefined;
  const from: (string[] | undefined)[] = [];
  from[text.length] = [];
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const number = /^\d{1,2}(?!\d)/.exec(text.slice(at))?.[0];
    const candidates = number
      ? [number]
      : (KNOWN.get(text[at]) ?? []).filter((word) => text.startsWith(word, at));
    const first = candidates.find((word) => from[at + word.length] !== undefined);
    from[at] = first === undefined ? undefined : [first, ...(from[at + first.length] ?? [])];
  }
  return from[0];
}
