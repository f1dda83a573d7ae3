import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Recipe } from '../presets/spec.ts';
import { type Storage, StorageTrouble } from '../storage/storage.ts';
import type { DecoderPool } from './decoder-pool.ts';
import { type FetchRules, fetchSource, type Source } from './fetch.ts';
import { hash16Of, planRenditions } from './plan.ts';
import { type Facts, probe } from './probe.ts';
import { IMAGE_PROBLEMS, ImageProblem } from './problems.ts';
import { store, type StoredRendition } from './store.ts';

export type ImageRequest = {
  url: string;
  recipe: Recipe;
  /** first part of the storage keys */
  tenantToken: string;
  /** a name for the folder of its temporary files, in use by nobody else */
  name: string;
};

/** What happened to an image. `later` may succeed at another time; `failed` never will. */
export type Outcome =
  | { is: 'made'; source: Source; facts: Facts; hash16: string; renditions: StoredRendition[] }
  | { is: 'later'; problem: ImageProblem }
  | { is: 'failed'; problem: ImageProblem };

export type PipelineParts = {
  fetchRules: FetchRules;
  /** how many downloads at the same time; they wait on the network, decoding waits on the cores */
  downloadConcurrency: number;
  decoders: DecoderPool;
  storage: Storage;
  /** an own folder for files that are being worked on */
  temporaryFolder: string;
};

export type Pipeline = (request: ImageRequest, signal: AbortSignal) => Promise<Outcome>;

/**
 * Makes the renditions of one image. It knows nothing of databases and queues.
 * The pipeline throws only what is not about the image: our own trouble (StorageTrouble,
 * DecodersUnavailable) and the signal's reason.
 */
export function createPipeline(parts: PipelineParts): Pipeline {
  const downloads = pLimit(parts.downloadConcurrency);

  async function makeRenditions(
    request: ImageRequest,
    folder: string,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const source = await downloads(() =>
      fetchSource(request.url, join(folder, 'source'), parts.fetchRules, signal),
    );
    const facts = await probe(source.path);
    const plan = planRenditions(source, facts, request.recipe, folder);
    const files = await parts.decoders.make(plan, signal);
    const hash16 = hash16Of(source, request.recipe);
    const renditions = await store(plan, files, `${request.tenantToken}/${hash16}`, parts.storage);
    return { is: 'made', source, facts, hash16, renditions };
  }

  return async (request, signal) => {
    const folder = join(parts.temporaryFolder, request.name);
    try {
      await makeFolder(folder);
      return await makeRenditions(request, folder, signal);
    } catch (error) {
      if (!(error instanceof ImageProblem)) throw error;
      return { is: IMAGE_PROBLEMS[error.code].tries > 1 ? 'later' : 'failed', problem: error };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: Error) => {
    throw new StorageTrouble(`The folder for downloads cannot be written: ${error.message}`, {
      cause: error,
    });
  });
}
