import { invalidFile } from '../csv/invalid-file.ts';
import { StringItem } from './cell-texts.ts';
import type { Package } from './package.ts';
import { TextStore } from './text-store.ts';
import { readXml } from './xml.ts';

const MAX_BYTES = 256 * 2 ** 20;
const MAX_STRINGS = 2 ** 23; // 8 columns of a full sheet

/**
 * The texts that cells name by their number. They are kept outside of JavaScript's heap, and beyond 8 MB on disk.
 * @param folder for a temporary file
 * @throws Problem `csv_invalid`
 */
export async function readSharedStrings(
  parts: Package,
  name: string | undefined,
  folder: string,
): Promise<TextStore> {
  const texts = new TextStore(folder, MAX_STRINGS);
  const part = name === undefined ? undefined : parts.find(name);
  if (!part) return texts;
  if (part.bytes > MAX_BYTES)
    throw invalidFile(
      'file_too_complex',
      `The texts of the workbook have more than ${MAX_BYTES / 2 ** 20} MiB.`,
    );
  const item = new StringItem();
  try {
    await readXml(part.name, parts.read(part), {
      open: (tag) => {
        if (tag === 'si') item.begin();
        item.open(tag);
      },
      close: (tag) => {
        item.close(tag);
        if (tag !== 'si') return;
        if (texts.count === MAX_STRINGS)
          throw invalidFile('file_too_complex', `The workbook has more than ${MAX_STRINGS} different texts.`);
        texts.add(item.take());
      },
      text: (text) => item.add(text),
    });
  } catch (error) {
    texts.close();
    throw error;
  }
  return texts;
}
