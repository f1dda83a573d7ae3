/** A server with an object of each kind, and two keys, for requests that mean anything. */
import { pino } from 'pino';
import { startHttp } from '../../src/app.ts';
import { publicId } from '../../src/ids.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { keyOf } from './api.ts';
import { acceptUrls, claim, failed, madeOf, newServices, record } from './batches.ts';
import type { Target } from './fuzz-send.ts';
import { freePort } from './minilab.ts';

export type FuzzPlace = Target & AsyncDisposable & { url: string; errors: string[] };

export async function newFuzzPlace(): Promise<FuzzPlace> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const errors: string[] = [];
  const log = pino({ level: 'error', base: null }, { write: (line: string) => void errors.push(line) });
  const settings = { PORT: String(port), REQUESTS_PER_SECOND: '0', INBOX_SECRETS: `shop=${newSecret()}` };
  await using stack = new AsyncDisposableStack();
  const services = { ...stack.use(await newServices(settings)), log };
  const http = await startHttp(services, () => undefined);
  stack.defer(http.close);
  const { db } = services.database;
  const [admin, read] = [await keyOf(db), await keyOf(db, { scope: 'read' })];
  const keys = { admin: admin.key, read: read.key, none: '', wrong: `${admin.key}x` };
  const known = new Map([
    ['v1/hosts', ['127.0.0.1', '127.0.0.1:1', 'shop.example']],
    ['v1/presets', ['web', 'mine', 'other']],
    ['v1/webhooks/inbox', ['shop']],
  ]);
  await addBatches(services, known);
  await addImages(url, admin.key, known);
  await addEndpoint(url, admin.key, known);
  const all = stack.move();
  return { port, url, errors, keys, known, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

type Services = Awaited<ReturnType<typeof newServices>>;

/** One that has ended with a failure, and one that goes on. */
async function addBatches(services: Services, known: Target['known']): Promise<void> {
  const ended = await acceptUrls(services, ['http://127.0.0.1:1/1.jpg', 'http://127.0.0.1:1/2.jpg']);
  const [one, other] = await claim(services, 2);
  if (!one || !other) throw new Error('the images of the batch are not there');
  const made = await madeOf(services, one.image);
  await record(services, [
    { task: one.task, result: made },
    { task: other.task, result: failed(other.image) },
  ]);
  const open = await acceptUrls(services, ['http://127.0.0.1:1/3.jpg']);
  known.set(
    'v1/batches',
    [ended, open].map(({ batchId }) => publicId('bat', batchId)),
  );
  if (made.is !== 'completed' || made.made.is !== 'made') return;
  known.set(
    'files',
    made.made.renditions.map(({ key }) => key),
  );
}

async function addImages(url: string, key: string, known: Target['known']): Promise<void> {
  const [ended = ''] = known.get('v1/batches') ?? [];
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/v1/batches/${ended}/images`, { headers });
  const { items } = (await response.json()) as { items: { id: string }[] };
  known.set(
    'v1/images',
    items.map(({ id }) => id),
  );
}

async function addEndpoint(url: string, key: string, known: Target['known']): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const body = JSON.stringify({ url: 'http://127.0.0.1:8080/hook' });
  const json = { ...headers, 'content-type': 'application/json' };
  const made = await fetch(`${url}/v1/webhooks`, { method: 'POST', headers: json, body });
  const { id } = (await made.json()) as { id: string };
  const tested = await fetch(`${url}/v1/webhooks/${id}/test`, { method: 'POST', headers });
  known.set('v1/webhooks', [id]);
  known.set('v1/deliveries', [((await tested.json()) as { id: string }).id]);
}
