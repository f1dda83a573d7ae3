/** A server with batches in all states, for the tests of the page: a shop, its suppliers, and what goes wrong with both. */
import { setTimeout as sleep } from 'node:timers/promises';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYq=';

export type Stage = AsyncDisposable & {
  url: string;
  origin: Origin;
  /** a host that asks for an hour's pause */
  busyUrl: string;
  minilab: Running;
  settings: Record<string, string>;
};

export async function openStage(more: Record<string, string> = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await newFolder());
  const origin = opened.use(await startSuppliers());
  const busy = opened.use(await startBusyHost());
  const settings = { DATABASE_URL: await migratedDatabase(), DATA_DIR: folder.path, ...more };
  const minilab = opened.use(await startMinilab('serve', settings));
  const closing = opened.move();
  const { url } = minilab;
  return {
    url,
    origin,
    busyUrl: busy.url,
    minilab,
    settings,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function startBusyHost(): Promise<Origin> {
  return startOrigin(
    () => (_request, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
  );
}

/** Paths: /p/N a photograph, /gone/N 404, /page/N a web page, /half/N cut off, /wait/N never ends. */
async function startSuppliers(): Promise<Origin> {
  const photos = PHOTO_NAMES.slice(2, 5).map(photo);
  return startOrigin((path) => {
    const [, kind, number = '0'] = path.split('/');
    const file = photos[Number.parseInt(number, 10) % photos.length];
    switch (kind) {
      case 'p':
        return file;
      case 'half':
        return file?.subarray(0, file.byteLength / 2);
      case 'page':
        return Buffer.from('<!doctype html><title>Please sign in</title>');
      case 'wait':
        return (_request, response) =>
          void response.writeHead(200, { 'content-type': 'image/jpeg' }).write('x');
      default:
        return undefined;
    }
  });
}

/** A catalogue of products with two images each, some of which fail. @param from its first number: other numbers are other images */
export function catalogue(
  origin: string,
  { products, from = 0 }: { products: number; from?: number },
): string {
  const kinds = ['p', 'p', 'gone', 'p', 'page', 'p', 'half', 'p'];
  const rows = Array.from({ length: products }, (_, i) => {
    const links = [0, 1].map((k) => {
      const number = from + 2 * i + k;
      return `${origin}/${kinds[number % kinds.length]}/${number}.jpg`;
    });
    return `FI-${1000 + i},"Lacquer bowl, red, no. ${i + 1}",${links.join(',')},24.90`;
  });
  return ['SKU,Title,Photo URL 1,Photo URL 2,Price', ...rows].join('\n');
}

/** Uploads over the API, and waits for the end. */
export async function finishedBatch(
  stage: Stage,
  csv: string,
  fields: Record<string, string> = {},
): Promise<Batch> {
  const batch = await json<Batch>(upload(stage.url, csv, fields));
  return untilEnded(batch.links.self);
}

/** A batch that stays in work: one of its last images never arrives, which is tried for minutes, and one waits for an hour. */
export async function stuckBatch(stage: Stage, csv: string): Promise<Batch> {
  const stuck = `${csv}\nFI-9999,"The last bowl",${stage.origin.url}/wait/1.jpg,${stage.busyUrl}/1.jpg,1`;
  const { links } = await json<Batch>(upload(stage.url, stuck, { name: 'stuck.csv' }));
  for (;;) {
    const batch = await json<Batch>(fetch(links.self));
    if (batch.counts.processing + batch.counts.pending <= 2) return batch;
    await sleep(100);
  }
}

/** Calls the API of a server with keys: what has a body is posted. @param body a form, or what is sent as JSON */
export function callAs(stage: Stage, key: string) {
  return <T>(path: string, body?: FormData | object): Promise<T> => {
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    const url = stage.url + path;
    if (body === undefined) return json<T>(fetch(url, { headers }));
    if (body instanceof FormData) return json<T>(fetch(url, { method: 'POST', headers, body }));
    headers['content-type'] = 'application/json';
    return json<T>(fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }));
  };
}
