import { type Category, categoryIf, categoryOf } from '../../channels/category.ts';
import type { FileFacts, PictureFacts, PictureMeasures } from '../../channels/facts.ts';
import { type FileMeasures, readFileMeasures } from '../../pipeline/file-measures.ts';
import { readMeasures } from '../../pipeline/measures.ts';
import { UPLOAD_HOST } from '../../pipeline/uploaded-source.ts';
import { FORMAT_FACTS, type Recipe, type RenditionSpec } from '../../presets/spec.ts';
import { fileUrls } from '../files.ts';
import type { LookFacts } from '../looks/look-facts.ts';
import type { BatchResults } from '../results.queries.ts';
import type { Picture, PictureFile } from './picture.ts';

/** `looks`: what else the batch says of its pictures. */
export type FactsOf = (picture: Picture, looks: LookFacts | undefined) => PictureFacts;

/** How rows of a batch become facts. @param filesUrl without a slash at its end */
export function factsOf(
  results: BatchResults,
  { of, category }: { of: 'source' | 'output'; category: Category | undefined },
  filesUrl: string,
): FactsOf {
  const urlOf = fileUrls(results, filesUrl);
  const otherwise = category ?? categoryIf(results.apparel);
  return (picture, looks) => ({
    position: picture.position,
    url: of === 'source' ? sourceUrl(picture) : outputUrl(picture, results.recipes, urlOf),
    category: (picture.product?.category ? categoryOf(picture.product.category) : undefined) ?? otherwise,
    file:
      picture.file &&
      (of === 'source' ? sourceFile(picture.file) : outputFile(picture, picture.file, results)),
    isPlaceholder: looks?.isPlaceholder(picture.slot, picture.is_placeholder),
    isTwice: looks?.isTwice(picture.slot),
  });
}

/** Local and uploaded files have no address that a marketplace could read. */
function sourceUrl({ url, host }: Picture): string | undefined {
  return host === '' || host === UPLOAD_HOST ? undefined : url;
}

function sourceFile({ format, width, height, bytes, measures: stored }: PictureFile): FileFacts {
  const measures = readMeasures(stored) ?? undefined;
  // Until it is measured, a content has the sides of its file.
  return { format, width, height, bytes, isUpright: measures !== undefined, measures };
}

function outputFile(
  { recipe }: Picture,
  { format, width, height, bytes, measures: stored, ordinal }: PictureFile,
  { recipes }: BatchResults,
): FileFacts {
  const measured = readFileMeasures(stored as FileMeasures | null);
  const spec = recipes[recipe]?.renditions[ordinal - 1];
  const measures = { ...knownOf(spec), ...(measured && ofFixed(measured)) };
  return { format, width, height, bytes, isUpright: true, measures };
}

const OF_SCENE = { plain: false, object: null, fill: null, touches: [], empty: false };

/** What padding hides is still so: a scene with white around it, and a product that its source cuts off. */
function ofFixed({ unmet, ...measures }: FileMeasures): Partial<PictureMeasures> {
  const cut = unmet.find(({ rule }) => rule === 'cut_off');
  if (unmet.some(({ rule }) => rule === 'plain')) return { ...measures, ...OF_SCENE };
  return cut ? { ...measures, touches: String(cut.measured).split('/') } : measures;
}

/** What follows from how a rendition was made. */
function knownOf(spec: RenditionSpec | undefined): Partial<PictureMeasures> {
  if (!spec) return {};
  return {
    ...(FORMAT_FACTS[spec.format].hasAlpha ? {} : { transparent: false }),
    ...(spec.animated ? {} : { moving: false }),
  };
}

type UrlOf = ReturnType<typeof fileUrls>;

function outputUrl(picture: Picture, recipes: Recipe[], urlOf: UrlOf): string | undefined {
  const ordinal = (picture.file?.ordinal ?? 1) - 1;
  const spec = recipes[picture.recipe]?.renditions[ordinal];
  if (!spec || picture.hash16 === null) return undefined;
  const { product, position, hash16: setId } = picture;
  const { label = '', name: productName = '' } = product ?? {};
  const { extension } = FORMAT_FACTS[spec.format];
  return urlOf({ label, productName, position, rendition: spec.name, ordinal, extension, setId });
}
