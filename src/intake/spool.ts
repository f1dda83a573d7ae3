import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { newUuid } from '../ids.ts';
import type { Problem } from '../errors.ts';
import type { RowChoice } from './choice.ts';
import { invalidFile } from './decode.ts';
import type { ProductRow } from './rows.ts';

/** Rows on their way into the tables, in two files in the text form of COPY; the columns are in accept.ts. */
export type Spool = AsyncDisposable & {
  productsFile: string;
  imagesFile: string;
  add(product: ProductRow, rowNumber: number): Promise<void>;
  /** how many images there are so far */
  images(): number;
  /** what rows chose, in the order of the numbers that images name; the first one chooses nothing */
  choices(): RowChoice[];
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
  const choices = new Map<string, number>([['{}', 0]]);
  let slot = 0;

  const opened = stack.move();
  return {
    productsFile,
    imagesFile,
    images: () => slot,
    choices: () => [...choices.keys()].map((choice) => JSON.parse(choice) as RowChoice),
    async add(product, rowNumber) {
      const { line, name, label = String(rowNumber), cells } = product;
      const firstSlot = slot + 1;
      await products.write([
        ...[tenantId, batchId, rowNumber, line, name, label],
        ...[JSON.stringify(cells), firstSlot, product.images.length],
      ]);
      const choice = JSON.stringify(product.choice);
      const recipe = choices.get(choice) ?? choices.size;
      if (recipe > MAX_CHOICES) throw tooManyChoices(line);
      choices.set(choice, recipe);
      for (const { position, url, host } of product.images) {
        slot += 1;
        const key = `${recipe} ${urlKey(url)}`;
        const lead = leads.get(key) ?? slot;
        if (lead === slot) leads.set(key, slot);
        await images.write([
          tenantId,
          newUuid(),
          batchId,
          slot,
          rowNumber,
          position,
          url,
          host,
          recipe,
          lead,
        ]);
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const MAX_CHOICES = 1_000; // each is kept with the batch and looked up by every task

function tooManyChoices(line: number): Problem {
  return invalidFile(
    'too_many_choices',
    `The columns Preset, Width, Height, Quality and Format hold more than ${MAX_CHOICES} different combinations.`,
    line,
  );
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
