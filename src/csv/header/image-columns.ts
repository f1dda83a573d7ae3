/**
 * Which columns hold image URLs, by their names. A name counts when it is made of the words below and
 * nothing else: `Main Image`, `image[0].url`, `product_media_gallery_image_url_1`, `URL des images`, but not
 * `Image Alt Text`. The names are those of exports and import templates, as of November 2026.
 */

/** Minilab's own column; beside it no other one is read. */
const OWN = /^inputimageurls?\d*$/;

const IMAGE = [
  ...['image', 'images', 'img', 'imgs', 'picture', 'pictures', 'pic', 'pics', 'photo', 'photos'],
  ...['foto', 'fotos', 'bild', 'bilder', 'bildes', 'bilds', 'imagen', 'imagenes', 'immagine', 'immagini'],
  ...['afbeelding', 'afbeeldingen', 'afbeeldings', 'zdjecie', 'zdjecia'],
  ...['media', 'mediaassets', 'digitalassets', 'coverurl'], // Shopware, Zalando, Otto, Salsify
];
const MAIN = [
  ...['main', 'base', 'primary', 'featured', 'hero', 'cover', 'default', 'haupt', 'titel', 'hoofd'],
  ...['principale', 'principal', 'głowne', 'glowne'],
];
const MORE = [
  ...['additional', 'other', 'others', 'secondary', 'extra', 'alternate', 'alternative', 'more', 'further'],
  ...['weitere', 'weiterer', 'zusatz', 'zusatzliche', 'zusatzlicher', 'zusatzliches', 'andere'],
  ...['supplementaire', 'supplementaires', 'secondaire', 'secondaires', 'autre', 'autres'],
  ...['adicional', 'adicionales', 'otra', 'otras', 'secundaria', 'secundarias'],
  ...['aggiuntiva', 'aggiuntive', 'altre', 'secondaria', 'secondarie', 'dodatkowe'],
];
const GALLERY = ['gallery', 'galleries', 'galerie', 'galeria', 'galleria', 'galerij'];
const BESIDE = [
  ...['url', 'urls', 'uri', 'uris', 'link', 'links', 'src', 'source', 'locator', 'pfad', 'path', 'address'],
  ...['lien', 'liens', 'enlace', 'enlaces', 'adres'],
  ...[
    'product',
    'products',
    'item',
    'sku',
    'artikel',
    'produkt',
    'produit',
    'producto',
    'prodotto',
    'produto',
  ],
  ...['productmedia', 'hosted', 'import', 'salsify'], // Ecwid, Squarespace, BigCommerce
  ...['de', 'des', 'du', 'della', 'delle', 'do', 'der', 'zum', 'zur', 'la', 'las', 'l', 'van', 's', 'xyz'],
];

type Kind = 'main' | 'image' | 'more' | 'number' | 'beside';

const WORDS: readonly (readonly [string, Kind])[] = [
  ...MAIN.map((word) => [word, 'main'] as const),
  ...IMAGE.map((word) => [word, 'image'] as const),
  ...[...MORE, ...GALLERY].map((word) => [word, 'more'] as const),
  ...BESIDE.map((word) => [word, 'beside'] as const),
];
const KINDS = new Map(WORDS);
const KNOWN = Map.groupBy(
  WORDS.map(([word]) => word).toSorted((a, b) => b.length - a.length),
  (word) => word[0],
);
const LONGEST_NAME = 80;

// Odoo names an image by its size; the smaller ones (image_512, image_128) are of the same picture.
const ODOO = /^(?:producttemplate)?image(?:ids?image)?1920$/;

/** How a column of images ranks in its row: the main one first, then by number. */
type Rank = { kind: 'main' | 'image' | 'more'; number: number };

/**
 * The columns of image URLs in the order of their positions: main images, plain ones, additional ones; in
 * each kind by number, and else as they stand.
 * @param keys the header, see keyOf
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

/** Undefined where the name is not one of a column of images. */
function rankOf(key: string): Rank | undefined {
  const text = key.normalize('NFD').replaceAll(/\p{M}/gu, '');
  if (ODOO.test(text)) return { kind: text.startsWith('image') ? 'main' : 'more', number: 0 };
  const words = wordsOf(text);
  const kinds = new Set(words?.map((word) => KINDS.get(word) ?? 'number'));
  const isGallery = words?.some((word) => GALLERY.includes(word)) ?? false;
  if (!words || (!kinds.has('image') && !isGallery)) return undefined;
  const kind = kinds.has('more') ? 'more' : kinds.has('main') ? 'main' : 'image';
  return { kind, number: Number(words.find((word) => /^\d/.test(word)) ?? 0) };
}

/** The words of which a text consists, or undefined; from its end, so that no text takes long. */
function wordsOf(text: string): string[] | undefined {
  if (text.length > LONGEST_NAME) return undefined;
  const from: (string[] | undefined)[] = [];
  from[text.length] = [];
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const number = /^\d{1,2}(?!\d)/.exec(text.slice(at))?.[0];
    const words = number ? [number] : (KNOWN.get(text[at]) ?? []).filter((word) => text.startsWith(word, at));
    const first = words.find((word) => from[at + word.length] !== undefined);
    from[at] = first === undefined ? undefined : [first, ...(from[at + first.length] ?? [])];
  }
  return from[0];
}
