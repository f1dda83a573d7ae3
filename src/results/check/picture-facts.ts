import { type Category, categoryIf, categoryOf } from '../../channels/category.ts';
import type { FileFacts, PictureFacts, PictureMeasures } from '../../channels/facts.ts';
import { type FileMeasures, readFileMeasures } from '../../pipeline/file-measures.ts';
import { readMeasures } from '../../pipeline/measures.ts';
import { FORMAT_FACTS, type Recipe } from '../../presets/spec.ts';
import { fileUrls } from '../files.ts';
import type { LookFacts } from '../looks/look-facts.ts';
import type { BatchResults } from '../results.queries.ts';
import type { PictureRow } from './pictures.queries.ts';

/** `looks`: what else the batch says of its pictures. */
export type FactsOf = (row: PictureRow, looks: LookFacts | undefined) => PictureFacts;

/** How rows of a batch become facts. @param filesUrl without a slash at its end */
export function factsOf(
  results: BatchResults,
  { of, category }: { of: 'source' | 'output'; category: Category | undefined },
  filesUrl: string,
): FactsOf {
  const urlOf = fileUrls(results, filesUrl);
  const otherwise = category ?? categoryIf(results.apparel);
  return (row, looks) => ({
    position: row.position,
    url: of === 'source' ? sourceUrl(row) : outputUrl(row, results.recipes, urlOf),
    category: (row.category ? categoryOf(row.category) : undefined) ?? otherwise,
    file: of === 'source' ? sourceFile(row) : outputFile(row, results.recipes),
    isPlaceholder: row.is_placeholder || looks?.isPlaceholder(row.slot),
    isTwice: looks?.isTwice(row.slot),
  });
}

/** A local file has no host, and no address that a marketplace could read. */
function sourceUrl({ url, host }: PictureRow): string | undefined {
  return host === '' ? undefined : url;
}

/** Undefined if it was not downloaded, or if it failed. */
function sourceFile(row: PictureRow): FileFacts | undefined {
  if (row.file_format === null) return undefined;
  const measures = readMeasures(row.file_measures) ?? undefined;
  // Until it is measured, a content has the sides of its file.
  return { ...sizeOf(row, row.file_format), isUpright: measures !== undefined, measures };
}

function outputFile(row: PictureRow, recipes: Recipe[]): FileFacts | undefined {
  if (row.file_format === null) return undefined;
  const measured = readFileMeasures(row.file_measures as FileMeasures | null);
  const measures = { ...knownOf(row, recipes), ...(measured && ofFixed(measured)) };
  return { ...sizeOf(row, row.file_format), isUpright: true, measures };
}

const OF_SCENE = { plain: false, object: null, fill: null, touches: [], empty: false };

/** What padding hides is still so: a scene with white around it, and a product that its source cuts off. */
function ofFixed({ unmet, ...measures }: FileMeasures): Partial<PictureMeasures> {
  const cut = unmet.find(({ rule }) => rule === 'cut_off');
  if (unmet.some(({ rule }) => rule === 'plain')) return { ...measures, ...OF_SCENE };
  return cut ? { ...measures, touches: String(cut.measured).split('/') } : measures;
}

function sizeOf({ file_width, file_height, file_bytes }: PictureRow, format: string) {
  return { format, width: file_width, height: file_height, bytes: file_bytes };
}

/** What follows from how a rendition was made. */
function knownOf({ recipe, file_ordinal }: PictureRow, recipes: Recipe[]): Partial<PictureMeasures> {
  const spec = recipes[recipe]?.renditions[(file_ordinal ?? 1) - 1];
  if (!spec) return {};
  return {
    ...(FORMAT_FACTS[spec.format].hasAlpha ? {} : { transparent: false }),
    ...(spec.animated ? {} : { moving: false }),
  };
}

type UrlOf = ReturnType<typeof fileUrls>;

function outputUrl(row: PictureRow, recipes: Recipe[], urlOf: UrlOf): string | undefined {
  const ordinal = (row.file_ordinal ?? 1) - 1;
  const spec = recipes[row.recipe]?.renditions[ordinal];
  if (!spec || row.hash16 === null) return undefined;
  const { label = '', product_name: productName = '', position, hash16: setId } = row;
  const { extension } = FORMAT_FACTS[spec.format];
  return urlOf({ label, productName, position, rendition: spec.name, ordinal, extension, setId });
}
