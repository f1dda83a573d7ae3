import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Origin = AsyncDisposable & {
  url: string;
  /** how often each path was asked for */
  requests: Map<string, number>;
};

type Answer = Buffer | ((request: IncomingMessage, response: ServerResponse) => void);

/** A web server, by default on loopback; a path that it does not know is 404. */
export async function startOrigin(
  answers: (path: string) => Answer | undefined,
  address = '127.0.0.1',
): Promise<Origin> {
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const answer = answers(path);
    if (answer === undefined) {
      response.statusCode = 404;
      response.end();
    } else if (Buffer.isBuffer(answer)) response.end(answer);
    else answer(request, response);
  });
  server.listen(0, address);
  await once(server, 'listening');
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
