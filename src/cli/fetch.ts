import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import type { Connection } from '../net/connection-times.ts';
import { createGuard } from '../net/guard.ts';
import type { Hop as FetchedHop } from '../pipeline/download/request.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { fetchSource } from '../pipeline/download/fetch.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { createSourceFiles } from '../pipeline/download/source-files.ts';
import { watchOver } from '../watchdog/watchdog.ts';
import { userAgentOf } from '../version.ts';
import { onInterrupt } from './interrupt.ts';
import { EXIT, say, size, table } from './output.ts';

/** A request of a download as it is shown. Times in milliseconds, null where a step was not needed or not reached. */
type Hop = {
  url: string;
  /** of a share link: what was asked for */
  rewritten_from?: string;
  status: number | null;
  /** of the peer */
  address: string | null;
  is_reused: boolean;
  timings: {
    dns: number | null;
    connect: number | null;
    tls: number | null;
    /** from the connection to the headers of the answer */
    first_byte: number | null;
  };
  content_type: string | null;
  location: string | null;
};

type Download = {
  ok: boolean;
  code: string | null;
  detail: string | null;
  hops: Hop[];
  bytes: number | null;
  content_type: string | null;
  format: string | null;
  width: number | null;
  height: number | null;
  seconds: number;
};

/** `minilab fetch URL`: one download, hop by hop; nothing is stored. Exit 0 when it is an image, or 3. */
export async function fetchUrl(url: string, { json }: { json: boolean }): Promise<number> {
  const download = await tryDownload(url);
  if (json) process.stdout.write(`${JSON.stringify(download)}\n`);
  else show(download);
  return download.ok ? EXIT.ok : EXIT.someFailed;
}

async function tryDownload(url: string): Promise<Download> {
  const settings = readConfig();
  const signal = onInterrupt(() => say('\nStopping.'));
  await using stack = new AsyncDisposableStack();
  stack.use(watchOver(url));
  const folder = await mkdtemp(join(tmpdir(), 'minilab-fetch-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const hops = hopList(url);
  const guard = createGuard({ ...settings, onConnection: hops.onConnection });
  stack.defer(() => guard.close());
  const files = createSourceFiles(folder);
  stack.defer(() => files.close());
  const decoders = createDecoderPool(1);
  stack.defer(() => decoders.stop());

  const file = await files.take();
  stack.defer(() => files.discard(file));
  const rules = {
    ...{ guard, maxBytes: settings.maxSourceBytes, userAgent: userAgentOf(settings.publicUrl) },
    ...{ localFolder: undefined, trace: hops.trace },
  };
  const startedAt = performance.now();
  const ended = (): Pick<Download, 'hops' | 'content_type' | 'seconds'> => ({
    hops: hops.all,
    content_type: hops.all.at(-1)?.content_type ?? null,
    seconds: Math.round(performance.now() - startedAt) / 1000,
  });
  try {
    const source = await fetchSource(url, file, rules, signal);
    const { bytes } = source;
    const fetched = ended();
    const { format, width, height } = await decoders.readHeader(
      { path: source.path, bytes: source.bytes },
      signal,
    );
    return { ok: true, code: null, detail: null, bytes, ...fetched, format, width, height };
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    const nothing = { bytes: null, format: null, width: null, height: null };
    return { ok: false, code: error.code, detail: error.message, ...nothing, ...ended() };
  }
}

/** Joins what the guard tells of connections to the requests of a download, which come one after the other. */
function hopList(start: string) {
  const all: Hop[] = [];
  const addresses = new Map<string, string | null>(); // by origin: a later request may use the connection again
  let connection: Connection | undefined;
  return {
    all,
    onConnection: (made: Connection): void => void (connection = made),
    trace(hop: FetchedHop): void {
      const { origin } = new URL(hop.url);
      if (connection) addresses.set(origin, connection.address);
      all.push({ ...shown(hop, connection), address: addresses.get(origin) ?? null, ...rewritten(hop) });
      connection = undefined;
    },
  };

  function rewritten({ url }: FetchedHop): { rewritten_from?: string } {
    const previous = all.at(-1);
    const asked = previous ? URL.parse(previous.location ?? '', previous.url) : URL.parse(start);
    return asked && asked.href !== url ? { rewritten_from: asked.href } : {};
  }
}

function shown(
  { url, status, location, contentType, ms }: FetchedHop,
  connection: Connection | undefined,
): Hop {
  const { dnsMs = null, connectMs = null, tlsMs = null } = connection ?? {};
  const waited = ms - (dnsMs ?? 0) - (connectMs ?? 0) - (tlsMs ?? 0);
  return {
    ...{ url, status, address: null, is_reused: connection === undefined && status !== null },
    timings: {
      ...{ dns: rounded(dnsMs), connect: rounded(connectMs), tls: rounded(tlsMs) },
      first_byte: status === null ? null : rounded(waited),
    },
    ...{ content_type: contentType, location },
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}

function show({ ok, code, detail, hops, bytes, format, width, height, seconds }: Download): void {
  const header = ['STATUS', 'ADDRESS', 'DNS', 'CONNECT', 'TLS', 'FIRST BYTE', 'URL'];
  const rows = hops.map(({ status, address, timings, url, rewritten_from }) => [
    status === null ? 'none' : String(status),
    address ?? '',
    ...Object.values(timings).map((ms) => (ms === null ? '' : `${ms} ms`)),
    rewritten_from === undefined ? url : `${url} (for the share link ${rewritten_from})`,
  ]);
  const verdict = ok
    ? `It is an image: ${format}, ${width} x ${height} pixels, ${size(bytes ?? 0)}, in ${seconds} s.`
    : `${code}: ${detail}`;
  const requests = rows.length > 0 ? `${table([header, ...rows], {})}\n\n` : '';
  process.stdout.write(`${requests}${verdict}\n`);
}
