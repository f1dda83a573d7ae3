import { unlink } from 'node:fs/promises';
import type { Recipe } from '../presets/spec.ts';
import type { Storage, StorageKey } from '../storage/storage.ts';
import { VERSION } from '../version.ts';
import type { DecoderPool } from './decoder-pool.ts';
import {
  type FetchRules,
  fetchIfChanged,
  type NotModified,
  type Source,
  type PreviousAnswer,
  type Validators,
} from './download/fetch.ts';
import type { Libraries } from './decoder/libraries.ts';
import { fileName, hash16Of, outputPath, planRenditions } from './plan.ts';
import type { Facts } from './decoder/formats/probe.ts';
import { IMAGE_PROBLEMS, ImageProblem } from './problems.ts';
import type { SourceFile, SourceFiles } from './download/source-files.ts';
import { store, type StoredRendition } from './store.ts';
import { type AcquirePermit, HostBusy } from './download/download-permit.ts';

export type ImageRequest = {
  url: string;
  recipe: Recipe;
  tenantId: number;
  /** first part of the storage keys */
  tenantToken: string;
  /** what an earlier run made of the URL by this recipe */
  known: Known | undefined;
  /** whether it is to be made anew although it was made before */
  isForced: boolean;
};

/** Files that were made before, of which the source is known. */
export type Known = PreviousAnswer & {
  /** of the source's bytes */
  sha256: Buffer;
  set: MadeSet;
  /** whether the source need not be asked for */
  isFresh: boolean;
};

/** Renditions that were made of one content by one recipe, and verified. Sizes in bytes. */
export type MadeSet = { hash16: string; sourceBytes: number; files: { key: StorageKey; bytes: number }[] };

/** What happened to an image. `later` may succeed at another time; `failed` never will. */
export type Outcome =
  | {
      is: 'made';
      source: Source;
      facts: Facts;
      /** of the source: see difference-hash.ts */
      differenceHash: string;
      hash16: string;
      renditions: StoredRendition[];
      /** what made them, with its version */
      madeBy: { minilab: string } & Libraries;
    }
  /** What was made before still holds. `source` is what its host says now; undefined where it was not asked. */
  | { is: 'unchanged'; set: MadeSet; source: SourceNews | undefined }
  /** Its host had no place for a download; it was not tried. */
  | { is: 'waiting'; busy: HostBusy }
  | { is: 'later'; problem: ImageProblem }
  | { is: 'failed'; problem: ImageProblem };

/** What may be remembered of a source after an answer. */
type SourceNews = Validators & { sha256: Buffer; finalUrl: string | undefined; freshForS: number };

export type PipelineParts = {
  fetchRules: FetchRules;
  /** lets downloads begin, as many as the worker and the host may have at a time */
  acquirePermit: AcquirePermit;
  decoders: DecoderPool;
  storage: Storage;
  sourceFiles: SourceFiles;
  /** Looks for a set that was made before, of whatever source. */
  findSet(tenantId: number, hash16: string): Promise<MadeSet | undefined>;
};

export type Pipeline = (request: ImageRequest, signal: AbortSignal) => Promise<Outcome>;

/**
 * Makes the renditions of one image. It knows nothing of databases and queues.
 * The pipeline throws only what is not about the image: our own trouble (StorageTrouble,
 * DecodersUnavailable) and the signal's reason.
 */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { storage } = parts;

  /**
   * What was made of the source before, if it is there still and as it was verified. A file of another
   * size is damaged: it is removed, so that it is made again.
   */
  async function knownOf({ known, isForced }: ImageRequest): Promise<Known | undefined> {
    if (!known) return undefined;
    const damaged = await damagedFiles(known.set);
    if (damaged.length > 0) await storage.remove(damaged);
    return isForced || damaged.length > 0 || !(await isThere(known.set)) ? undefined : known;
  }

  async function damagedFiles({ files }: MadeSet): Promise<StorageKey[]> {
    const sizes = await Promise.all(files.map(({ key }) => storage.bytesOf(key)));
    return files.flatMap(({ key, bytes }, i) => (sizes[i] === undefined || sizes[i] === bytes ? [] : [key]));
  }

  async function isThere({ files }: MadeSet): Promise<boolean> {
    for (const { key, bytes } of files) if ((await storage.bytesOf(key)) !== bytes) return false;
    return true;
  }

  /** What was made before of the same bytes, perhaps from another URL. The storage is asked first: it is nearer. */
  async function madeOf(request: ImageRequest, hash16: string): Promise<MadeSet | undefined> {
    const [first] = request.recipe.renditions;
    if (request.isForced || !first) return undefined;
    if ((await storage.bytesOf(`${request.tenantToken}/${hash16}/${fileName(first)}`)) === undefined)
      return undefined;
    const set = await parts.findSet(request.tenantId, hash16);
    return set && (await isThere(set)) ? set : undefined;
  }

  async function fetchAndMake(
    request: ImageRequest,
    known: Known | undefined,
    file: SourceFile,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const source = await download(request, known, file, signal);
    if ('notModified' in source) return stillHolds(known, source);
    const hash16 = hash16Of(source, request.recipe);
    const set = await madeOf(request, hash16);
    if (set) return { is: 'unchanged', set, source };
    const job = planRenditions(source, request.recipe);
    const { facts, files, differenceHash, libraries } = await parts.decoders.make(job, signal);
    const renditions = await store(job, files, `${request.tenantToken}/${hash16}`, storage);
    const madeBy = { minilab: VERSION, ...libraries };
    return { is: 'made', source, facts, differenceHash, hash16, renditions, madeBy };
  }

  /** The host's place is free again before anything is decoded. */
  async function download(
    request: ImageRequest,
    known: Known | undefined,
    file: SourceFile,
    signal: AbortSignal,
  ): Promise<Source | NotModified> {
    const permit = await parts.acquirePermit(request, signal);
    let problem: ImageProblem | undefined;
    try {
      return await fetchIfChanged(
        { url: request.url, previous: known },
        file,
        { ...parts.fetchRules, permit },
        signal,
      );
    } catch (error) {
      if (error instanceof ImageProblem) problem = error;
      throw error;
    } finally {
      permit.release(problem);
    }
  }

  return async (request, signal) => {
    const known = await knownOf(request);
    if (known?.isFresh) return { is: 'unchanged', set: known.set, source: undefined };
    const file = await parts.sourceFiles.take();
    try {
      const outcome = await fetchAndMake(request, known, file, signal).catch(outcomeOf);
      if (outcome.is === 'failed' || outcome.is === 'later') await removeOutputs(file, request.recipe);
      parts.sourceFiles.giveBack(file);
      return outcome;
    } catch (error) {
      await removeOutputs(file, request.recipe);
      await parts.sourceFiles.discard(file); // whatever it is, it may be the file
      throw error;
    }
  };
}

/** A host need not repeat the validators that were sent to it. */
function stillHolds(known: Known | undefined, { etag, lastModified, freshForS }: NotModified): Outcome {
  if (!known) throw new Error('a source that is not known cannot be unchanged');
  const validators = { etag: etag ?? known.etag, lastModified: lastModified ?? known.lastModified };
  const source = { sha256: known.sha256, finalUrl: undefined, ...validators, freshForS };
  return { is: 'unchanged', set: known.set, source };
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof HostBusy) return { is: 'waiting', busy: error };
  if (!(error instanceof ImageProblem)) throw error;
  const mayBeTriedAgain = IMAGE_PROBLEMS[error.code].tries > 1 && !error.isLast;
  return { is: mayBeTriedAgain ? 'later' : 'failed', problem: error };
}

/** Every file that an image which was not made may have left. */
async function removeOutputs({ path }: SourceFile, recipe: Recipe): Promise<void> {
  const outputs = recipe.renditions.map((spec) => outputPath(path, spec));
  await Promise.all(outputs.map((output) => unlink(output).catch(() => {})));
}
