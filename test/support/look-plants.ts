/** A catalogue with pictures that occur more than once, and what must be found of them. */
import sharp from 'sharp';
import { photo, PHOTO_NAMES } from './pictures.ts';
import { random } from './random.ts';

const SIDE = 240;
const TILES = 3;
const TILE = SIDE / TILES;
const PHOTO_SIDE = 400;

type Raw = { data: Buffer; info: { width: number; height: number; channels: number } };

/** Makes pictures that look different for each number: nine pieces of photographs. */
export async function patchworks(): Promise<(number: number) => Promise<Buffer>> {
  const photos: Raw[] = await Promise.all(
    PHOTO_NAMES.map((name) =>
      sharp(photo(name))
        .resize(PHOTO_SIDE, PHOTO_SIDE)
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true }),
    ),
  );
  return (number) => {
    const { pick, upTo } = random(number);
    const data = Buffer.alloc(SIDE * SIDE * 3);
    for (let tile = 0; tile < TILES * TILES; tile += 1) {
      const { data: from } = pick(photos);
      const [left, top] = [upTo(PHOTO_SIDE - TILE), upTo(PHOTO_SIDE - TILE)];
      const [x, y] = [(tile % TILES) * TILE, Math.floor(tile / TILES) * TILE];
      for (let row = 0; row < TILE; row += 1) {
        const start = ((top + row) * PHOTO_SIDE + left) * 3;
        from.copy(data, ((y + row) * SIDE + x) * 3, start, start + TILE * 3);
      }
    }
    return sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .jpeg({ quality: 85 })
      .toBuffer();
  };
}

const svg = (side: number, content: string): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 600 600">${content}</svg>`,
  );

function noImage(side: number): Promise<Buffer> {
  const drawing = `<rect width="600" height="600" fill="#fff"/><rect x="120" y="160" width="360" height="240" rx="20" fill="none" stroke="#999" stroke-width="24"/><circle cx="220" cy="240" r="36" fill="#999"/><path d="M140 380 L270 270 L340 330 L380 290 L460 380Z" fill="#999"/><rect x="160" y="450" width="280" height="24" fill="#999"/>`;
  return sharp(svg(side, drawing)).png().toBuffer();
}

function suppliersSign(): Promise<Buffer> {
  const drawing = `<rect width="600" height="600" fill="#24508a"/><circle cx="300" cy="220" r="120" fill="#f2c200"/><rect x="80" y="420" width="440" height="80" fill="#fff"/>`;
  return sharp(svg(500, drawing)).png().toBuffer();
}

/** A bottle with a photograph as its label. */
async function bottle(label: number): Promise<Buffer> {
  const drawing = `<rect width="600" height="600" fill="#fff"/><rect x="265" y="20" width="70" height="160" fill="#2f5d3a"/><rect x="180" y="160" width="240" height="420" rx="40" fill="#2f5d3a"/>`;
  const name = PHOTO_NAMES[label] ?? '';
  const input = await sharp(photo(name)).resize(220, 300).toBuffer();
  return sharp(svg(600, drawing))
    .composite([{ input, left: 190, top: 240 }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

const shirt = (colour: string): Promise<Buffer> =>
  sharp(
    svg(
      400,
      `<rect width="600" height="600" fill="#fff"/><path d="M150 120 L250 80 L350 80 L450 120 L520 240 L430 270 L430 540 L170 540 L170 270 L80 240Z" fill="${colour}"/>`,
    ),
  )
    .jpeg({ quality: 90 })
    .toBuffer();

/** `images`, `products`, `contents` of a group. */
export type Planted = { kind: string; images: number; products: number; contents: number };

type Row = { handle: string; title: string; images: string[] };

export type LookCatalogue = {
  /** `{origin}` stands for the address of the server */
  csv: string;
  pictures: Map<string, Buffer>;
  /** by the first SKU that a group has */
  planted: Record<string, Planted>;
};

const ADJECTIVES = ['Old', 'Small', 'Blue', 'Wooden', 'Round', 'Heavy', 'Garden', 'Kitchen'];
const NOUNS = ['kettle', 'lamp', 'chair', 'brush', 'carpet', 'ladder', 'mirror', 'basket', 'clock'];

/** Products with a picture of their own, and the planted ones among them. */
export async function lookCatalogue(products: number): Promise<LookCatalogue> {
  const pictures = new Map<string, Buffer>();
  const rows: Row[] = [];
  const planted: Record<string, Planted> = {};
  const patchwork = await patchworks();
  const { pick } = random(products);
  const add = (images: string[], more: Partial<Row> = {}): string => {
    const title = `${pick(NOUNS)} ${pick(ADJECTIVES)} ${pick(NOUNS)} for the ${pick(NOUNS)} number ${rows.length + 1}`;
    rows.push({ handle: `p-${rows.length + 1}`, title, ...more, images });
    return `SKU-${rows.length}`;
  };
  const picture = (path: string, bytes: Buffer): string => {
    pictures.set(path, bytes);
    return path;
  };
  const plain = async (): Promise<string> =>
    picture(`/p/${rows.length + 1}.jpg`, await patchwork(rows.length));
  const plant = (skus: string[], group: Planted): void => {
    planted[skus[0] ?? ''] = group;
  };

  const sizes = [300, 600, 1_000];
  const signs = await Promise.all(
    sizes.map(async (side) => picture(`/img/${side}/no-image.png`, await noImage(side))),
  );
  const missing = Array.from({ length: 30 }, (_, i) => add([signs[i % 3] ?? '']));
  plant(missing, { kind: 'placeholder', images: 30, products: 30, contents: 3 });

  const sign = await suppliersSign();
  const cdn = Array.from({ length: 40 }, (_, i) => add([picture(`/cdn/${i}/front.png`, sign)]));
  plant(cdn, { kind: 'placeholder', images: 40, products: 40, contents: 1 });

  const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
  const tracked = Array.from({ length: 6 }, () => add([picture('/t/pixel.gif', pixel)]));
  plant(tracked, { kind: 'placeholder', images: 6, products: 6, contents: 1 });

  for (let i = 0; i < 3; i += 1) {
    const main = await plain();
    const again = picture(`/again/${i}.jpg`, pictures.get(main) ?? sign);
    const sku = add([main, picture(`/other/${i}.jpg`, await patchwork(90_000 + i)), again]);
    plant([sku], { kind: 'twice', images: 2, products: 1, contents: 1 });
  }

  const shared = await patchwork(80_000);
  const small = await sharp(shared).resize(160).jpeg({ quality: 60 }).toBuffer();
  const sharing = [add([picture('/s/large.jpg', shared)]), add([picture('/s/small.jpg', small)])];
  plant(sharing, { kind: 'shared', images: 2, products: 2, contents: 2 });

  for (const colour of ['#b03030', '#24508a']) {
    const path = picture(`/shirt/${colour.slice(1)}.jpg`, await shirt(colour));
    const skus = ['S', 'M', 'L'].map((size) =>
      add([path], { handle: 'shirt', title: `Shirt ${colour} ${size}` }),
    );
    plant(skus, { kind: 'variants', images: 3, products: 3, contents: 1 });
  }
  for (const label of [0, 3]) add([picture(`/bottle/${label}.jpg`, await bottle(label))]);

  while (rows.length < products) add([await plain()]);
  const lines = rows.map(({ handle, title, images }, i) => {
    const urls = images.map((path) => `{origin}${path}`).join(' ');
    return `${handle},SKU-${i + 1},${title},${urls}\n`;
  });
  return { csv: `Handle,SKU,Title,Images\n${lines.join('')}`, pictures, planted };
}
