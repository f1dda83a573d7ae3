// The image host of a benchmark, in a process of its own so that its CPU time can be measured. It serves the
// files in its arguments as /0, /1, …, after `?wait=` milliseconds, sends its port to its parent, and ends with it.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const files = process.argv.slice(2).map((path) => readFileSync(path));
let requests = 0;
const server = createServer((request, response) => {
  const waitMs = Number(/[?&]wait=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
  if (waitMs > 0) setTimeout(() => answer(request, response), waitMs);
  else answer(request, response);
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const file = files[Number.parseInt(url.slice(1), 10) % files.length];
  // Decoders ignore bytes after the end of a JPEG. They make the content of each URL unique.
  const trailer = Buffer.from(url);
  requests += 1;
  const etag = `"${url}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(200, {
    'content-type': 'image/jpeg',
    etag,
    'content-length': (file?.length ?? 0) + trailer.length,
  });
  response.write(file);
  response.end(trailer);
}
server.listen(0, process.env['ORIGIN_ADDRESS'] ?? '127.0.0.1', () =>
  process.send?.((server.address() as AddressInfo).port),
);
process.on('message', () => process.send?.({ ...process.cpuUsage(), requests }));
process.on('disconnect', () => process.exit());
