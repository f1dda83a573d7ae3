import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { EXTENSIONS, type Recipe } from '../presets/spec.ts';
import type { Storage } from '../storage/storage.ts';
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
  /** a name for its temporary files, in use by nobody else */
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
  /** an own folder, which is there, for files that are being worked on */
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
    prefix: string,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const source = await downloads(() =>
      fetchSource(request.url, `${prefix}.source`, parts.fetchRules, signal),
    );
    const facts = await probe(source.path, source.head);
    const plan = planRenditions(source, facts, request.recipe, prefix);
    const files = await parts.decoders.make(plan, signal);
    const hash16 = hash16Of(source, request.recipe);
    const renditions = await store(plan, files, `${request.tenantToken}/${hash16}`, parts.storage);
    await unlink(source.path);
    return { is: 'made', source, facts, hash16, renditions };
  }

  return async (request, signal) => {
    const prefix = join(parts.temporaryFolder, request.name);
    try {
      return await makeRenditions(request, prefix, signal);
    } catch (error) {
      await removeFiles(prefix, request.recipe);
      if (!(error instanceof ImageProblem)) throw error;
      return { is: IMAGE_PROBLEMS[error.code].tries > 1 ? 'later' : 'failed', problem: error };
    }
  };
}

/** Every file that an image which was not made may have left. */
async function removeFiles(prefix: string, recipe: Recipe): Promise<void> {
  const made = recipe.renditions.map((spec) => `${prefix}.${spec.name}.${EXTENSIONS[spec.format]}`);
  await Promise.all([`${prefix}.source`, ...made].map((path) => unlink(path).catch(() => {})));
}
