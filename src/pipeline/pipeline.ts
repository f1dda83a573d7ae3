import { unlink } from 'node:fs/promises';
import type { Recipe } from '../presets/spec.ts';
import type { StorageKey } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { VERSION } from '../version.ts';
import type { DecoderPool } from './decoder-pool.ts';
import type { Facts, Libraries } from './decoder-protocol.ts';
import { HostBusy } from './download/download-permit.ts';
import type { NotModified, PreviousAnswer, Source, Validators } from './download/fetch.ts';
import { type Downloaded, type DownloadParts, downloadWithPermit } from './download/permitted-download.ts';
import type { SourceFile, SourceFiles } from './download/source-files.ts';
import { judge, type Judging } from './judge.ts';
import type { Content } from './measures.ts';
import { outputPath, planRenditions, setIdOf } from './plan.ts';
import { IMAGE_PROBLEMS } from './image-problems.ts';
import { ImageProblem } from './problems.ts';
import { type Look, lookOf } from './same-look.ts';
import { store, type StoredRendition } from './store.ts';

export type ImageRequest = {
  url: string;
  /** where its source is in storage, if it was uploaded */
  storedAt?: StorageKey | undefined;
  recipe: Recipe;
  tenantId: number;
  /** first part of the storage keys */
  tenantToken: string;
  /** what an earlier run made of the URL with this recipe */
  reusable: Reusable | undefined;
  /** whether to make the renditions anew although they exist */
  isForced: boolean;
} & Judging;

/** A rendition set that an earlier run made, and the validators of its source. */
export type Reusable = PreviousAnswer & {
  /** of the source's bytes */
  sha256: Buffer;
  set: KnownSet;
  /** whether the source need not be requested again yet */
  isFresh: boolean;
};

/** A rendition set as the database has it: its files were verified when they were made. Sizes in bytes. */
export type MadeSet = { setId: string; sourceBytes: number; files: { key: StorageKey; bytes: number }[] };

/** With the look of its source; null also where it was never measured. */
export type KnownSet = MadeSet & { look: Look | null };

/** What happened to an image. `later` may succeed in another attempt, `failed` never will. */
export type Outcome =
  | ({
      is: 'made';
      /** of the source: 16 hexadecimal digits */
      differenceHash: string;
      isPlaceholder: boolean;
      setId: string;
      renditions: StoredRendition[];
      /** versions of what made them */
      madeBy: { minilab: string } & Libraries;
      timings: Timings;
    } & Measured)
  /** The set of an earlier run is reused. `source` is what the host answered; undefined if it was not asked. */
  | { is: 'unchanged'; set: MadeSet; source: SourceNews | undefined; isPlaceholder: boolean }
  /** The host had no permit free: the image was not tried. */
  | { is: 'waiting'; busy: HostBusy }
  | { is: 'later'; problem: ImageProblem }
  /** `measured`: of an image that failed because of its look. Somebody may want to mark it as allowed. */
  | { is: 'failed'; problem: ImageProblem; measured?: Measured };

/** A source that was decoded. */
export type Measured = { source: Source; facts: Facts; content: Content };

/** How long each step took: waiting for a permit of the host; `makeMs` includes waiting for a decoder. */
type Timings = Pick<Downloaded, 'waitedMs' | 'downloadMs'> & { makeMs: number; storeMs: number };

/** What to remember of a source after an answer. */
type SourceNews = Validators & { sha256: Buffer; finalUrl: string | undefined; freshForS: number };

export type PipelineParts = DownloadParts & {
  decoders: DecoderPool;
  storage: Storage;
  sourceFiles: SourceFiles;
  /** Finds a set of an earlier run, whatever the URL of its source. */
  findSet(tenantId: number, setId: string): Promise<KnownSet | undefined>;
  /** Removes files of a set that have another size than it says. @throws StorageTrouble */
  removeDamaged(tenantId: number, set: MadeSet, signal: AbortSignal): Promise<void>;
};

export type Pipeline = (request: ImageRequest, signal: AbortSignal) => Promise<Outcome>;

/**
 * Makes the renditions of one image, without any knowledge of databases and queues.
 * The pipeline throws only what is not about the image: our own trouble (StorageTrouble,
 * DecodersUnavailable) and the signal's reason.
 */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { storage } = parts;

  async function fetchAndMake(
    request: ImageRequest,
    reusable: Reusable | undefined,
    file: SourceFile,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { tenantId, url, storedAt } = request;
    const conditional = { tenantId, url, storedAt, previous: reusable };
    const { source, waitedMs, downloadMs } = await downloadWithPermit(conditional, file, parts, signal);
    if ('notModified' in source) return notModified(request, reusable, source);
    const marked = judge(request, { sha256: source.sha256, look: null });
    if (marked.problem) return { is: 'failed', problem: marked.problem };
    const setId = setIdOf(source, request.recipe);
    const set = await setOfSameBytes(request, { setId, reusable }, signal);
    if (set) return unchanged(request, set, source.sha256, source);
    const job = planRenditions(source, request.recipe, storage);
    const plannedAt = performance.now();
    const { facts, files, differenceHash, content, libraries } = await parts.decoders.make(job, signal);
    const madeAt = performance.now();
    const { isPlaceholder, problem } = judge(request, { sha256: source.sha256, look: lookOf(content) });
    if (problem) return { is: 'failed', problem, measured: { source, facts, content } };
    const renditions = await store({ job, files }, { token: request.tenantToken, setId }, storage, signal);
    const madeBy = { minilab: VERSION, ...libraries };
    const storeMs = performance.now() - madeAt;
    const timings = { waitedMs, downloadMs, makeMs: madeAt - plannedAt, storeMs };
    const made = {
      source,
      facts,
      content,
      differenceHash,
      isPlaceholder,
      setId,
      renditions,
      madeBy,
      timings,
    };
    return { is: 'made', ...made };
  }

  /** A set made of the same bytes, perhaps from another URL. The database answers sooner than a bucket. */
  async function setOfSameBytes(
    { isForced, tenantId }: ImageRequest,
    { setId, reusable }: { setId: string; reusable: Reusable | undefined },
    signal: AbortSignal,
  ): Promise<KnownSet | undefined> {
    if (isForced) return undefined;
    if (reusable?.set.setId === setId) return reusable.set; // its files were looked up already
    const set = await parts.findSet(tenantId, setId);
    return set && (await stateOf(storage, set, signal)).isWhole ? set : undefined;
  }

  return async (request, signal) => {
    const reusable = await verified(parts, request, signal);
    // The URL of an uploaded source is its content.
    const isSame = reusable?.isFresh || request.storedAt !== undefined;
    if (reusable && isSame) return unchanged(request, reusable.set, reusable.sha256);
    const file = await parts.sourceFiles.take();
    try {
      const outcome = await fetchAndMake(request, reusable, file, signal).catch(outcomeOf);
      if (outcome.is === 'failed' || outcome.is === 'later') await removeOutputs(file, request.recipe);
      parts.sourceFiles.giveBack(file);
      return outcome;
    } catch (error) {
      await removeOutputs(file, request.recipe);
      await parts.sourceFiles.discard(file); // the file may be the cause
      throw error;
    }
  };
}

/**
 * The reusable set of a request, if storage still has all its files as they were. A file of another size is
 * damaged and removed, so that it is made anew.
 */
async function verified(
  { storage, removeDamaged }: PipelineParts,
  { tenantId, reusable, isForced }: ImageRequest,
  signal: AbortSignal,
): Promise<Reusable | undefined> {
  if (!reusable) return undefined;
  const { isWhole, isDamaged } = await stateOf(storage, reusable.set, signal);
  if (isDamaged) await removeDamaged(tenantId, reusable.set, signal);
  return isForced || !isWhole ? undefined : reusable;
}

/** Whether storage has all files of a set, and whether one of them has another size. */
async function stateOf(
  storage: Storage,
  { files }: MadeSet,
  signal: AbortSignal,
): Promise<{ isWhole: boolean; isDamaged: boolean }> {
  const keys = files.map(({ key }) => key);
  const sizes = await storage.sizesOf(keys, signal);
  const wrong = files.flatMap(({ bytes }, i) => (sizes[i] === bytes ? [] : [sizes[i]]));
  return { isWhole: wrong.length === 0, isDamaged: wrong.some((size) => size !== undefined) };
}

/** In a 304 the host need not repeat the validators that were sent to it. */
function notModified(
  request: ImageRequest,
  reusable: Reusable | undefined,
  { etag, lastModified, freshForS }: NotModified,
): Outcome {
  if (!reusable) throw new Error('a source without an earlier answer cannot be unmodified');
  const validators = { etag: etag ?? reusable.etag, lastModified: lastModified ?? reusable.lastModified };
  const source = { sha256: reusable.sha256, finalUrl: undefined, ...validators, freshForS };
  return unchanged(request, reusable.set, reusable.sha256, source);
}

function unchanged(
  request: ImageRequest,
  { look, ...set }: KnownSet,
  sha256: Buffer,
  source?: SourceNews,
): Outcome {
  const { isPlaceholder, problem } = judge(request, { sha256, look });
  return problem ? { is: 'failed', problem } : { is: 'unchanged', set, source, isPlaceholder };
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof HostBusy) return { is: 'waiting', busy: error };
  if (!(error instanceof ImageProblem)) throw error;
  const canBeRetried = IMAGE_PROBLEMS[error.code].tries > 1 && !error.isLast;
  return { is: canBeRetried ? 'later' : 'failed', problem: error };
}

/** Removes the files that a decoder may have left for an image that was not made. */
async function removeOutputs({ path }: SourceFile, recipe: Recipe): Promise<void> {
  const outputs = recipe.renditions.map((spec) => outputPath(path, spec));
  await Promise.all(outputs.map((output) => unlink(output).catch(() => {})));
}
