import { FORMAT_FACTS } from '../presets/spec.ts';
import { keyOf, type StorageKey } from '../storage/keys.ts';
import { type Named, nameInUrl } from './names.ts';
import type { BatchResults, ProductResult } from './results.queries.ts';

/** A rendition that is to be in a slot; `ordinal` is its place in the recipe, from 0. */
export type OutputFile = Named & { ordinal: number };

/** Every rendition that a product is to have, by slot and recipe, whether it is there or not. */
export function filesOf({ recipes }: BatchResults, product: ProductResult): OutputFile[] {
  const { label, productName, images } = product;
  return images.flatMap(({ position, recipe, hash16 }) =>
    (recipes[recipe]?.renditions ?? []).map(({ name, format }, ordinal) => {
      const { extension } = FORMAT_FACTS[format];
      return { label, productName, position, rendition: name, ordinal, extension, hash16 };
    }),
  );
}

/** A completed image has every rendition of its recipe: hash16 is a hash of it. */
export function keyOfFile({ token }: BatchResults, file: OutputFile): StorageKey | undefined {
  const { hash16: setId, rendition: name, extension } = file;
  return setId === null ? undefined : keyOf({ token, setId }, { name, extension });
}

/** Where a file is served; a batch's name_template says how the URL ends. '' where there is no file. */
export function urlOf(results: BatchResults, filesUrl: string): (file: OutputFile) => string {
  const { nameTemplate } = results;
  return (file) => {
    const key = keyOfFile(results, file);
    if (key === undefined) return '';
    return nameTemplate ? `${filesUrl}/${key}/${nameInUrl(nameTemplate, file)}` : `${filesUrl}/${key}`;
  };
}
