import { unlink } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Recipe } from '../presets/spec.ts';
import type { Storage } from '../storage/storage.ts';
import { VERSION } from '../version.ts';
import type { DecoderPool } from './decoder-pool.ts';
import { type FetchRules, fetchSource, type Source } from './fetch.ts';
import type { Libraries } from './libraries.ts';
import { hash16Of, outputPath, planRenditions } from './plan.ts';
import { type Facts, probe } from './probe.ts';
import { IMAGE_PROBLEMS, ImageProblem } from './problems.ts';
import type { SourceFile, SourceFiles } from './source-files.ts';
import { store, type StoredRendition } from './store.ts';

export type ImageRequest = {
  url: string;
  recipe: Recipe;
  /** first part of the storage keys */
  tenantToken: string;
};

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
  | { is: 'later'; problem: ImageProblem }
  | { is: 'failed'; problem: ImageProblem };

export type PipelineParts = {
  fetchRules: FetchRules;
  /** how many downloads at the same time; they wait on the network, decoding waits on the cores */
  downloadConcurrency: number;
  decoders: DecoderPool;
  storage: Storage;
  sourceFiles: SourceFiles;
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
    file: SourceFile,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const source = await downloads(() => fetchSource(request.url, file, parts.fetchRules, signal));
    const facts = await probe(source);
    const plan = planRenditions(source, facts, request.recipe);
    const { files, differenceHash, libraries } = await parts.decoders.make(plan, signal);
    const hash16 = hash16Of(source, request.recipe);
    const renditions = await store(plan, files, `${request.tenantToken}/${hash16}`, parts.storage);
    const madeBy = { minilab: VERSION, ...libraries };
    return { is: 'made', source, facts, differenceHash, hash16, renditions, madeBy };
  }

  return async (request, signal) => {
    const file = await parts.sourceFiles.take();
    try {
      const outcome = await makeRenditions(request, file, signal).catch(outcomeOf);
      if (outcome.is !== 'made') await removeOutputs(file, request.recipe);
      parts.sourceFiles.giveBack(file);
      return outcome;
    } catch (error) {
      await removeOutputs(file, request.recipe);
      await parts.sourceFiles.discard(file); // whatever it is, it may be the file
      throw error;
    }
  };
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ImageProblem)) throw error;
  return { is: IMAGE_PROBLEMS[error.code].tries > 1 ? 'later' : 'failed', problem: error };
}

/** Every file that an image which was not made may have left. */
async function removeOutputs({ path }: SourceFile, recipe: Recipe): Promise<void> {
  const outputs = recipe.renditions.map((spec) => outputPath(path, spec));
  await Promise.all(outputs.map((output) => unlink(output).catch(() => {})));
}
