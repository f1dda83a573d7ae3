/**
 * `npm run demo`: processes real photographs end to end. It starts `minilab serve` on the bundled database and
 * a web server in the role of a supplier, uploads examples/catalog.csv, and shows the results. With `--open`, it keeps
 * serving the page with the finished batch.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { plural, size, table } from '../src/cli/output.ts';
import { startProgress } from '../src/cli/progress.ts';
import { newSecret } from '../src/webhooks/signing.ts';
import { startOrigin } from './origin.ts';

const ROOT = join(import.meta.dirname, '..');
const DATA_DIR = join(ROOT, 'data', 'demo');
/** From this day on, Google demands 500 x 500 px of every picture. */
const AS_OF = '2027-01-31';
const EXAMPLE_CSV = join(DATA_DIR, 'example.csv');

type Batch = {
  id: string;
  state: string;
  products: number;
  counts: Record<'total' | 'completed' | 'failed' | 'cancelled', number>;
  images_per_second: number | null;
  eta_seconds: number | null;
  bytes_in: number;
  bytes_out: number;
  ended_at: string | null;
  links: Record<'self' | 'images' | 'output_csv', string>;
};
type Check = {
  title: string;
  images: Record<'pass' | 'warn' | 'fail' | 'unknown', number>;
  rules: { rule: string; level: string; required: string | number; failed: number }[];
};
type Images = {
  items: { row: number; position: number; source_url: string; error_code: string; error_detail: string }[];
};

await using origin = await startOrigin();
const catalog = await writeExample();
await using minilab = await startMinilab();

const accepted = await upload();
console.log(
  `Uploaded examples/catalog.csv: ${plural(accepted.products, 'product')}, ${plural(accepted.counts.total, 'image')}.`,
);
const ended = await watch(accepted);
await report(ended);
await audit(ended);
await showWebhook(ended);
await showPage(ended);

/** The catalogue with the address of the supplier, which the page then offers too: "Try the example". */
async function writeExample(): Promise<string> {
  const template = await readFile(join(import.meta.dirname, 'catalog.csv'), 'utf8');
  const csv = template.replaceAll('http://origin.example', origin.url);
  await mkdir(DATA_DIR, { recursive: true });
  await writeFile(EXAMPLE_CSV, csv);
  return csv;
}

async function upload(): Promise<Batch> {
  const form = new FormData();
  form.set('preset', 'web');
  form.set('file', new Blob([catalog]), 'catalog.csv');
  return get<Batch>(`${minilab.url}/v1/batches`, { method: 'POST', body: form });
}

async function watch(batch: Batch): Promise<Batch> {
  const progress = startProgress(process.stdout);
  for (;;) {
    const now = await get<Batch>(batch.links.self);
    const { total, completed, failed, cancelled } = now.counts;
    const ended = completed + failed + cancelled;
    progress.update({ ended, total, failed, perSecond: now.images_per_second, etaSeconds: now.eta_seconds });
    if (now.ended_at) {
      progress.done();
      return now;
    }
    await sleep(200);
  }
}

async function report({ state, counts, bytes_in, bytes_out, links }: Batch): Promise<void> {
  const failed = await get<Images>(`${links.images}?state=failed`);
  const outputCsv = join(DATA_DIR, 'output.csv');
  await writeFile(outputCsv, await (await fetch(links.output_csv)).text());
  const saved = Math.round(100 * (1 - bytes_out / bytes_in));
  console.log(`The batch is ${state}: ${counts.completed} images completed, ${counts.failed} failed.`);
  console.log(
    `${size(bytes_in)} of photographs became ${size(bytes_out)} in two sizes each: ${saved} % saved.\n`,
  );
  const rows = failed.items.map((image) => [
    `row ${image.row}, image ${image.position}`,
    new URL(image.source_url).pathname,
    image.error_code,
    image.error_detail,
  ]);
  console.log(`What failed, and why:\n${table(rows, process.stdout)}\n`);
  console.log(`The CSV with the output URLs: ${relative(ROOT, outputCsv)}`);
  console.log(`The images:                   ${relative(ROOT, join(DATA_DIR, 'files'))}`);
  console.log('');
}

/** What marketplaces say of the linked pictures: what was measured while they were made is judged by their rules. */
async function audit({ links }: Batch): Promise<void> {
  // Whether a picture stands for a missing one is known when all are compared, some seconds after the end.
  type Same = { pending: boolean };
  while ((await get<Same>(`${links.self}/same-pictures`)).pending) await sleep(200);
  const rows = await Promise.all(
    ['google', 'amazon', 'zalando'].map(async (channel) => {
      const found = await get<Check>(`${links.self}/check?channel=${channel}&as_of=${AS_OF}`);
      const broken = found.rules.filter(({ level, failed }) => level === 'must' && failed > 0);
      const why = broken.map(({ rule, required, failed }) => `${rule} ${required}: ${failed}`).join(', ');
      const { pass, warn, fail, unknown } = found.images;
      return [found.title, String(pass), String(warn), String(fail), String(unknown), why];
    }),
  );
  const head = ['', 'PASS', 'WARN', 'FAIL', 'UNKNOWN', 'RULES THAT PICTURES BREAK'];
  console.log(`What marketplaces say of the links (main pictures and others, rules of ${AS_OF}):`);
  console.log(`${table([head, ...rows], process.stdout)}\n`);
}

/** Waits for the webhook of the batch in Minilab's own inbox, which verifies signatures. */
async function showWebhook(batch: Batch): Promise<void> {
  type Inbox = { items: { id: string; body: string }[] };
  type Message = { type: string; data: { batch: { id: string } } };
  for (let i = 0; i < 100; i += 1, await sleep(100)) {
    const { items } = await get<Inbox>(`${minilab.url}/v1/webhooks/inbox`);
    for (const { id, body } of items) {
      const message = JSON.parse(body) as Message;
      if (message.data.batch.id !== batch.id) continue;
      console.log(`The webhook arrived, and its signature is valid: ${message.type}, ${id}.`);
      return;
    }
  }
  throw new Error('the webhook did not arrive');
}

/** Ends by saying where the batch can be looked at; with `--open`, it keeps serving until Ctrl-C. */
async function showPage(batch: Batch): Promise<void> {
  const address = `${minilab.url}/batches/${batch.id}`;
  if (!process.argv.includes('--open')) {
    console.log(`\nTo look at it in a browser: npm run demo -- --open`);
    return;
  }
  const page = await fetch(address); // from a checkout, this builds the page
  if (!page.ok) throw new Error(`the page answered ${page.status}: ${await page.text()}`);
  console.log(`\nThe page: ${address}\nCtrl-C ends the demo.`);
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
}

/** Starts `minilab serve` as a user does, on a free port. */
async function startMinilab(): Promise<AsyncDisposable & { url: string }> {
  const port = await choosePort();
  const { DATABASE_URL: _, ...environment } = process.env;
  const secret = newSecret();
  const child = spawn(process.execPath, [join(ROOT, 'src', 'main.ts'), 'serve'], {
    env: {
      ...environment,
      DATA_DIR,
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8', // the supplier runs on this machine
      WEBHOOK_URL: `http://127.0.0.1:${port}/v1/webhooks/inbox/demo`,
      WEBHOOK_SECRET: secret,
      INBOX_SECRETS: `demo=${secret}`,
      EXAMPLE_CSV,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (let i = 0; !said.includes('Minilab is ready'); i += 1) {
    if (child.exitCode !== null || i > 2_400) throw new Error(`minilab serve did not start:\n${said}`);
    await sleep(50);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** 3000 if it is free, so that the URLs in the output CSV are valid for a later `serve`; else any free port. */
async function choosePort(): Promise<number> {
  for (const wanted of [3000, 0]) {
    const server = createServer().listen(wanted, '127.0.0.1');
    const listening = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!listening) continue;
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('no port is free');
}

async function get<T>(url: string, options?: RequestInit): Promise<T> {
  const response = await fetch(url, options);
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${body}`);
  return JSON.parse(body) as T;
}
