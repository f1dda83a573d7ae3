import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { newUuid } from '../ids.ts';
import type { ProductRow } from './rows.ts';

/** Rows on their way into the tables, in two files in the text form of COPY; the columns are in accept.ts. */
export type Spool = AsyncDisposable & {
  productsFile: string;
  imagesFile: string;
  add(product: ProductRow, rowNumber: number): Promise<void>;
  /** how many images there are so far */
  images(): number;
};

export async function openSpool({
  tenantId,
  batchId,
  folder,
}: {
  tenantId: number;
  batchId: string;
  folder: string;
}): Promise<Spool> {
  const productsFile = join(folder, 'products.copy');
  const imagesFile = join(folder, 'images.copy');
  await using stack = new AsyncDisposableStack();
  const products = stack.use(await copyFile(productsFile));
  const images = stack.use(await copyFile(imagesFile));
  const leads = new Map<string, number>(); // slot of the first image with a URL
  let slot = 0;

  const opened = stack.move();
  return {
    productsFile,
    imagesFile,
    images: () => slot,
    async add(product, rowNumber) {
      const { line, name, label = String(rowNumber), cells } = product;
      const firstSlot = slot + 1;
      await products.write([
        ...[tenantId, batchId, rowNumber, line, name, label],
        ...[JSON.stringify(cells), firstSlot, product.images.length],
      ]);
      for (const { position, url, host } of product.images) {
        slot += 1;
        const key = urlKey(url);
        const lead = leads.get(key) ?? slot;
        if (lead === slot) leads.set(key, slot);
        await images.write([tenantId, newUuid(), batchId, slot, rowNumber, position, url, host, lead]);
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** 128 bits of a hash instead of the URL: a million of them take 70 MB, and collide with nobody. */
function urlKey(url: string): string {
  return createHash('sha256').update(url).digest('latin1').slice(0, 16);
}

const WRITE_AT = 256 * 1024;

/** A file of lines in COPY's text form (PostgreSQL manual, COPY: tab between columns, backslash escapes). */
async function copyFile(path: string) {
  const file = await open(path, 'wx');
  let waiting = '';
  async function flush(): Promise<void> {
    const text = waiting;
    waiting = '';
    if (text !== '') await file.writeFile(text);
  }
  return {
    async write(values: (string | number)[]): Promise<void> {
      waiting += `${values.map(escaped).join('\t')}\n`;
      if (waiting.length > WRITE_AT) await flush();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await flush().finally(() => file.close());
    },
  };
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return /[\\\n\r\t]/.test(value)
    ? value.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '')
    : value;
}
