import { FORMAT_FACTS } from '../presets/spec.ts';
import { keyOf, type StorageKey } from '../storage/keys.ts';
import { type NameParts, nameInUrl } from './names.ts';
import type { BatchResults, ProductResult } from './results.queries.ts';

/** A rendition that a slot is to have. `ordinal` is its index in the recipe, from 0. */
export type OutputFile = NameParts & { ordinal: number };

/** Every rendition that a product is to have, ordered by slot and recipe, whether it was made or not. */
export function filesOf({ recipes }: BatchResults, product: ProductResult): OutputFile[] {
  const { label, productName, images } = product;
  return images.flatMap(({ position, recipe, setId }) =>
    (recipes[recipe]?.renditions ?? []).map(({ name, format }, ordinal) => {
      const { extension } = FORMAT_FACTS[format];
      return { label, productName, position, rendition: name, ordinal, extension, setId };
    }),
  );
}

/** The key of a file, or undefined if its image is not completed. A completed image has all its renditions. */
export function storageKeyOf(
  { token }: BatchResults,
  { setId, rendition: name, extension }: OutputFile,
): StorageKey | undefined {
  return setId === null ? undefined : keyOf({ token, setId }, { name, extension });
}

/**
 * The URLs at which files are served, or '' for a file that does not exist. A batch with a name_template
 * has the file's name at the end of the URL.
 * @param filesUrl without a slash at its end
 */
export function fileUrls(results: BatchResults, filesUrl: string): (file: OutputFile) => string {
  const { nameTemplate } = results;
  return (file) => {
    const key = storageKeyOf(results, file);
    if (key === undefined) return '';
    return nameTemplate ? `${filesUrl}/${key}/${nameInUrl(nameTemplate, file)}` : `${filesUrl}/${key}`;
  };
}
