// A real worker whose pipeline makes nothing: it takes a permit of the host, looks up the set, waits, and
// reports a picture that nobody stored. So every statement of an image is sent, and nothing else costs much.
// With `downloads` the pipeline is real, and only its decoders are as slow as the pace says.
// Its argument is a `Pace` as JSON, its settings are those of a worker. It answers 'usage' with its `Usage`.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { pino } from 'pino';
import { readConfig } from '../src/config.ts';
import { HostBusy } from '../src/pipeline/download/download-permit.ts';
import type { DecoderPool } from '../src/pipeline/decoder-pool.ts';
import {
  createPipeline,
  type ImageRequest,
  type Outcome,
  type Pipeline,
  type PipelineParts,
} from '../src/pipeline/pipeline.ts';
import { setIdOf } from '../src/pipeline/plan.ts';
import { openServices } from '../src/services.ts';
import { startWorker } from '../src/worker.ts';
import { Turns } from './turns.ts';
import { CONTENT, FACTS, RENDITION } from './queue-picture.ts';
import type { Pace, Usage } from './queue-run.ts';

const { waitMs, atOnce, downloads } = JSON.parse(process.argv[2] ?? '{}') as Pace;
let statements = 0;

const { query } = Client.prototype;
Client.prototype.query = function counted(this: Client, ...args: unknown[]) {
  statements += 1;
  return Reflect.apply(query, this, args) as unknown;
} as typeof query;

const settings = readConfig();
const services = await openServices(settings, settings.databaseUrl ?? '', pino({ level: 'warn' }));
const worker = await startWorker(services, { pipelineOf: downloads ? slowPipeline : idlePipeline });
process.on('message', (asked) => void (asked === 'usage' ? answer() : end()));
process.send?.('ready');

function answer(): void {
  const { user, system } = process.cpuUsage();
  const main = process.threadCpuUsage();
  const mainSeconds = (main.user + main.system) / 1e6;
  process.send?.({ cpuSeconds: (user + system) / 1e6, mainSeconds, statements } satisfies Usage);
}

async function end(): Promise<void> {
  await worker.stop();
  await services.close();
  process.disconnect?.();
}

function slowPipeline(parts: PipelineParts): Pipeline {
  const turns = new Turns(atOnce);
  const make: DecoderPool['make'] = (job, signal) =>
    turns.take(async () => {
      const [made] = await Promise.all([parts.decoders.make(job, signal), sleep(waitMs)]);
      return made;
    });
  return createPipeline({ ...parts, decoders: { ...parts.decoders, make } });
}

function idlePipeline({ acquirePermit, findSet }: PipelineParts): Pipeline {
  const turns = new Turns(atOnce);
  return async (request, signal) => {
    try {
      const permit = await acquirePermit(request, signal);
      await permit.enterHost(new URL(request.url), signal);
      permit.firstByte();
      permit.release(undefined);
    } catch (busy) {
      if (busy instanceof HostBusy) return { is: 'waiting', busy };
      throw busy;
    }
    const sha256 = randomBytes(32);
    const setId = setIdOf({ sha256 }, request.recipe);
    await findSet(request.tenantId, setId);
    if (waitMs > 0) await turns.take(() => sleep(waitMs));
    return made(request, sha256, setId);
  };
}

function made({ url, tenantToken }: ImageRequest, sha256: Buffer, setId: string): Outcome {
  const validators = { etag: `"${setId}"`, lastModified: undefined };
  return {
    is: 'made',
    source: { path: '', bytes: 400_000, sha256, finalUrl: url, freshForS: 0, ...validators },
    facts: FACTS,
    content: { ...CONTENT, lookHash: sha256.toString('hex') },
    differenceHash: setId.slice(0, 16).replaceAll(/[g-v]/g, '0'),
    isPlaceholder: false,
    setId,
    renditions: [{ ...RENDITION, key: `${tenantToken}/${setId}/main.jpg`, sha256: sha256.toString('hex') }],
    madeBy: { minilab: '0.1.0', sharp: '0.35.5', libvips: '8.18.0' },
    timings: { waitedMs: 0, downloadMs: 20, makeMs: waitMs, storeMs: 5 },
  };
}
