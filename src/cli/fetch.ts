import { readConfig } from '../config.ts';
import type { Connection } from '../net/connection-times.ts';
import type { Hop as FetchedHop } from '../pipeline/download/request.ts';
import { fetchSource } from '../pipeline/download/fetch.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { userAgentOf } from '../version.ts';
import { interruptible } from './interrupt.ts';
import { EXIT, size, table } from './output.ts';
import { openSingleDownload } from './single-download.ts';

/** One request of a download. Times are in milliseconds; null if a step was not needed or not reached. */
type Hop = {
  url: string;
  /** the share link that this URL replaces */
  rewritten_from?: string;
  status: number | null;
  /** of the server */
  address: string | null;
  is_reused: boolean;
  timings: {
    dns: number | null;
    connect: number | null;
    tls: number | null;
    /** from the open connection to the response headers */
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

/** `minilab fetch URL`: shows one download, hop by hop; nothing is stored. Exits with 3 if it is no image. */
export async function fetchUrl(url: string, { json }: { json: boolean }): Promise<number> {
  const download = await interruptible((interrupted) => tryDownload(url, interrupted));
  if (json) process.stdout.write(`${JSON.stringify(download)}\n`);
  else show(download);
  return download.ok ? EXIT.ok : EXIT.someFailed;
}

async function tryDownload(url: string, interrupted: AbortSignal): Promise<Download> {
  const settings = readConfig();
  await using stack = new AsyncDisposableStack();
  const hops = hopList(url);
  const { guard, file, decoders } = await openSingleDownload(
    url,
    { ...settings, onConnection: hops.onConnection },
    stack,
  );
  const rules = {
    guard,
    maxBytes: settings.maxSourceBytes,
    userAgent: userAgentOf(settings.publicUrl),
    localFolder: undefined,
    trace: hops.trace,
  };
  const startedAt = performance.now();
  const shownHops = (): Pick<Download, 'hops' | 'content_type' | 'seconds'> => ({
    hops: hops.all,
    content_type: hops.all.at(-1)?.content_type ?? null,
    seconds: Math.round(performance.now() - startedAt) / 1000,
  });
  try {
    const { path, bytes } = await fetchSource(url, file, rules, interrupted);
    const fetched = shownHops();
    const { format, width, height } = await decoders.readHeader({ path, bytes }, interrupted);
    return { ok: true, code: null, detail: null, bytes, ...fetched, format, width, height };
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    const nothing = { bytes: null, format: null, width: null, height: null };
    return { ok: false, code: error.code, detail: error.message, ...nothing, ...shownHops() };
  }
}

/** Joins the requests of a download, which follow one another, with the connections that the guard reports. */
function hopList(start: string) {
  const all: Hop[] = [];
  const addresses = new Map<string, string | null>(); // by origin: a later request may reuse the connection
  let connection: Connection | undefined;
  return {
    all,
    onConnection(made: Connection): void {
      connection = made;
    },
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
    url,
    status,
    address: null,
    is_reused: connection === undefined && status !== null,
    timings: {
      dns: rounded(dnsMs),
      connect: rounded(connectMs),
      tls: rounded(tlsMs),
      first_byte: status === null ? null : rounded(waited),
    },
    content_type: contentType,
    location,
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
