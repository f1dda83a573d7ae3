/**
 * Previews of renditions: the file that a decoder makes of one picture, as a batch would get it. Nothing is stored.
 * Work that requests cause is bounded in number, time and size.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../errors.ts';
import { DecodersUnavailable } from '../pipeline/decoder-children.ts';
import { planRenditions } from '../pipeline/plan.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import type { RenditionSpec } from '../presets/spec.ts';
import type { IdleDecoders } from './idle-decoders.ts';
import { inTurnOf } from './in-turn.ts';
import { createPreviewSources, type PreviewSourcesParts } from './preview-sources.ts';

type PreviewRequest = { tenantId: number; picture: string; rendition: RenditionSpec };

export type Previews = {
  /**
   * @returns the file, and how long a decoder took, in milliseconds
   * @throws Problem `preview_failed`, `not_found`, `upload_expired`, `source_unavailable`, `busy`; the signal's reason
   */
  make(request: PreviewRequest, signal: AbortSignal): Promise<{ file: Buffer; ms: number }>;
};

const AT_ONCE = 2;
const WAITING = 40; // two presets of 20 files
const LONGEST_MS = 30_000;
const LARGEST_BYTES = 32 * 2 ** 20;

export function createPreviews(parts: PreviewSourcesParts & { decoders: IdleDecoders }): Previews {
  const inTurn = inTurnOf(AT_ONCE, WAITING);
  const sources = createPreviewSources(parts);
  const folder = join(parts.folder, `preview-${randomUUID()}`);

  async function make(source: Buffer, rendition: RenditionSpec, signal: AbortSignal) {
    await mkdir(folder, { recursive: true }); // each time, because old temporary folders are removed
    const path = join(folder, randomUUID());
    const job = planRenditions({ path, bytes: source.byteLength }, { preset: '', renditions: [rendition] });
    const output = job.renditions[0]?.output ?? '';
    try {
      await writeFile(path, source, { flag: 'wx' });
      const began = performance.now();
      const { files } = await parts.decoders.use((pool) => pool.make(job, signal));
      const ms = performance.now() - began;
      refuseLarge(files[0]?.bytes ?? 0);
      return { file: await readFile(output), ms };
    } finally {
      await Promise.all([path, output].map((one) => rm(one, { force: true })));
    }
  }

  return {
    async make({ tenantId, picture, rendition }, signal) {
      try {
        const read = await sources.find(tenantId, picture, signal);
        return await inTurn(async () => {
          signal.throwIfAborted();
          const limited = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
          return make(await read(), rendition, limited);
        });
      } catch (error) {
        throw problemOf(error);
      }
    },
  };
}

/** @throws Problem `preview_failed` */
function refuseLarge(bytes: number): void {
  if (bytes > LARGEST_BYTES)
    throw failed('preview_too_large', `The file has ${bytes} bytes: more than a preview may have.`);
}

function problemOf(error: unknown): unknown {
  if (error instanceof ImageProblem) return failed(error.code, error.message, error);
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const detail = `It took longer than the ${LONGEST_MS / 1_000} s that a preview may take; a batch gives it more.`;
    return failed('decode_timeout', detail, error);
  }
  if (error instanceof DecodersUnavailable)
    return new Problem('busy', { detail: 'No picture can be made at the moment.', cause: error });
  return error;
}

/** @param code mostly that of an image that fails in a batch */
function failed(code: string, detail: string, cause?: unknown): Problem {
  return new Problem('preview_failed', { detail, flaws: [{ at: '', code, detail }], cause });
}
