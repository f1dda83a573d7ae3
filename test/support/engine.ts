import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createDecoderPool,
  type DecoderPoolOptions,
  type DecoderPool,
} from '../../src/pipeline/decoder-pool.ts';
import type { MadeFile } from '../../src/pipeline/decoder-protocol.ts';
import type { Content } from '../../src/pipeline/measures.ts';
import { planRenditions } from '../../src/pipeline/plan.ts';
import type { RenditionInput } from '../../src/presets/input.ts';
import { withDefaults } from '../../src/presets/spec.ts';
import { newFolder } from './folder.ts';

export type Engine = AsyncDisposable & {
  pool: DecoderPool;
  folder: string;
  /** Does with a source's bytes what the pipeline does, from header to files. @throws ImageProblem */
  make(
    bytes: Buffer,
    renditions: Omit<RenditionInput, 'name'>[],
  ): Promise<{ outputs: Buffer[]; files: MadeFile[]; differenceHash: string; content: Content }>;
};

/** Starts real decoders in a new folder. */
export async function startEngine(options: DecoderPoolOptions = {}, size = 1): Promise<Engine> {
  const folder = await newFolder();
  const pool = createDecoderPool(size, options);
  let made = 0;
  return {
    pool,
    folder: folder.path,
    async make(bytes, inputs) {
      made += 1;
      const path = join(folder.path, `${made}.source`);
      await writeFile(path, bytes);
      const renditions = inputs.map((input, i) => withDefaults({ name: `r${i}`, ...input }));
      try {
        const job = planRenditions({ path, bytes: bytes.length }, { preset: 'test', renditions });
        const { files, differenceHash, content } = await pool.make(job, new AbortController().signal);
        const outputs = await Promise.all(job.renditions.map(({ output }) => readFile(output)));
        return { outputs, files, differenceHash, content };
      } finally {
        await rm(path);
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The code of the problem, or 'none'. */
export async function codeOf(making: Promise<unknown>): Promise<string> {
  return making.then(
    () => 'none',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
}
