import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

const PHOTOS = join(import.meta.dirname, 'photos');
const CUT_AT = 0.4;

/** A supplier's web server with the usual flaws: most links work, and some do not. */
export async function startOrigin(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://origin').pathname, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(path: string, response: ServerResponse): Promise<void> {
  if (path === '/sign-in') {
    // Many shops answer requests without a login with a page, status 200 and the type of an image.
    response.setHeader('content-type', 'image/jpeg');
    response.end('<!doctype html><html><title>Please sign in</title><body>Please sign in.</body></html>');
    return;
  }
  const photo = await readFile(join(PHOTOS, basename(path).replace('half-of-', ''))).catch(() => undefined);
  if (!photo) {
    response.statusCode = 404;
    response.end('not found');
    return;
  }
  response.setHeader('content-type', 'image/jpeg');
  response.setHeader('etag', `"${photo.length}"`);
  // A complete response with a truncated image: the upload to the supplier was cut off.
  response.end(path.includes('half-of-') ? photo.subarray(0, photo.length * CUT_AT) : photo);
}
