import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ApiDocument } from '../../contract/document.ts';
import { checkerOf } from '../support/check-answers.ts';
import { type FuzzPlace, newFuzzPlace } from '../support/fuzz-place.ts';
import { type FuzzRequest, fuzzRequests } from '../support/fuzz-requests.ts';
import { type FuzzAnswer, PREPARED, type Sent, sendFuzz } from '../support/fuzz-send.ts';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 20_000);
const SEED = Number(process.env['CHAOS_SEED'] ?? 14);
const PER_ROUND = 200;
const AT_ONCE = 8;
const LONGEST_PATH = 15_000;

type Contract = { document: ApiDocument; check: ReturnType<typeof checkerOf> };

test(`${REQUESTS} requests of all kinds get answers of the document, and no 500`, async () => {
  await using place = await newFuzzPlace();
  const document = (await (await fetch(`${place.url}/openapi.json`)).json()) as ApiDocument;
  const [requests, check] = [fuzzRequests(document), checkerOf(document)];
  const wrong = new Map<string, string>();
  const tally = new Map<string, number>();
  for (let sent = 0; sent < REQUESTS; sent += PER_ROUND) {
    const numRuns = Math.min(PER_ROUND, REQUESTS - sent);
    const queue = fc.sample(requests, { seed: SEED * 1_000_000 + sent, numRuns }).values();
    const senders = Array.from({ length: AT_ONCE }, async () => {
      for (const wanted of queue) {
        const { path, answer, why } = await sendFuzz(place, wanted);
        const name = `${answer?.status ?? why}`;
        tally.set(name, (tally.get(name) ?? 0) + 1);
        const flaw = flawOf(wanted, { path, answer, why }, { document, check });
        if (flaw !== undefined) wrong.set(flaw, wrong.get(flaw) ?? shown(wanted, path, answer));
        if (answer) learn(place, answer);
      }
    });
    await Promise.all(senders);
  }
  console.log(
    `CHAOS_SEED=${SEED}: ${[...tally]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, n]) => `${n} x ${name}`)
      .join(', ')}`,
  );
  const report = [...wrong].slice(0, 20).map(([flaw, request]) => `${flaw}\n  ${request}`);
  assert.equal(
    wrong.size,
    0,
    `CHAOS_SEED=${SEED}\n${report.join('\n')}\n${place.errors.slice(0, 20).join('')}`,
  );
  assert.deepEqual(place.errors, []);
});

/** What is wrong about an answer, if anything. */
function flawOf(
  wanted: FuzzRequest,
  { path, answer, why }: Sent,
  { check, document }: Contract,
): string | undefined {
  const { method, route, ids, isEncoded } = wanted;
  const name = `${method} ${route}`;
  // Node's parser does not say of which method the URL is that is too long for it: the problem has a body.
  const isTooLong = path.length > LONGEST_PATH;
  if (!answer && method === 'HEAD' && isTooLong) return undefined;
  if (!answer) return `${name} got no answer: ${why}`;
  const { status, headers, body } = answer;
  if (status >= 500 && ![502, 503].includes(status)) return `${name} answered ${status}`;
  if (status === 405 && !/^[A-Z, ]+$/.test(String(headers['allow'] ?? '')))
    return `${name}: 405 without Allow`;
  const type = (headers['content-type'] ?? '').toString().split(';')[0] ?? '';
  if (status >= 400 && type !== 'application/problem+json') return `${name} answered ${status} as "${type}"`;
  // Of another route, perhaps: what has no Problem is told by the recorder of the run.
  if (!isEncoded || Object.values(ids).some((id) => ['', '.', '..'].includes(String(id)))) return undefined;
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const isOperation = document.paths[route]?.[verb] !== undefined;
  if (!isOperation && method === 'HEAD') return undefined;
  const isJson = /[/+]json$/.test(type) && body.length > 0;
  const isEmpty = body.length === 0 && method !== 'HEAD' && type !== 'text/event-stream';
  return check({
    is: 'answer',
    ...{ method, route: isOperation ? route : undefined, url: route, status },
    type: isEmpty || method === 'HEAD' ? '' : type,
    ...(isJson && { body: JSON.parse(body.toString()) as unknown }),
  });
}

const ROUTES: Record<string, string> = {
  bat: 'v1/batches',
  dlv: 'v1/deliveries',
  whe: 'v1/webhooks',
  key: 'v1/keys',
  upl: 'v1/uploads',
};
const MOST_KNOWN = 12;

/** Later requests are for what was made. */
function learn({ known }: FuzzPlace, { status, body, headers }: FuzzAnswer): void {
  if (![201, 202].includes(status) || !String(headers['content-type']).includes('json')) return;
  const made = JSON.parse(body.toString()) as { id?: string; upload_id?: string };
  const id = made.upload_id ?? made.id ?? '';
  const route = ROUTES[id.slice(0, 3)];
  if (route === undefined) return;
  const ids = [...(known.get(route) ?? []), id];
  if (ids.length > MOST_KNOWN) ids.splice(PREPARED, 1);
  known.set(route, ids);
}

function shown(wanted: FuzzRequest, path: string, answer: FuzzAnswer | undefined): string {
  const { method, headers, key, body } = wanted;
  const text = body && Buffer.from(body.base64, 'base64').toString('latin1').slice(0, 300);
  const sent = JSON.stringify({
    method,
    path: path.slice(0, 300),
    headers,
    key,
    body: body && { ...body, base64: text },
  });
  return `${sent}\n  answered ${answer?.body.toString().slice(0, 300)}`;
}
