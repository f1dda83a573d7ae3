/** An image host and a receiver of webhooks in one, which remembers when it was asked. */
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type SmallOrigin = AsyncDisposable & {
  url: string;
  /** Serves these files from now on, as /0, /1, …, and forgets what it remembers. */
  serve(files: string[]): void;
  /** times of Date.now() at which pictures were asked for */
  asked: number[];
  /** Resolves with the time at which a webhook came that tells of this batch. */
  untilTold(batchId: string): Promise<number>;
};

export async function startSmallOrigin(): Promise<SmallOrigin> {
  const heard = new EventEmitter();
  const told = new Map<string, number>();
  let asked: number[] = [];
  let files: Buffer[] = [];

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const { data } = JSON.parse(await text(request)) as { data: { batch: { id: string } } };
    response.writeHead(204).end();
    told.set(data.batch.id, at);
    heard.emit('told');
  }

  function send(url: string, response: ServerResponse): void {
    asked.push(Date.now());
    const file = files[Number.parseInt(url.slice(1), 10) % files.length];
    response.writeHead(200, { 'content-type': 'image/jpeg' });
    response.write(file);
    response.end(url); // decoders ignore it, and it makes the content of each URL unique
  }

  const server = createServer((request, response) => {
    if (request.method === 'POST') void receive(request, response);
    else send(request.url ?? '/', response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(paths) {
      files = paths.map((path) => readFileSync(path));
      asked = [];
    },
    get asked() {
      return asked;
    },
    async untilTold(batchId) {
      for (;;) {
        const at = told.get(batchId);
        if (at !== undefined) return at;
        await once(heard, 'told', { signal: AbortSignal.timeout(60_000) });
      }
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
