import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Type } from 'typebox';
import { CLIENT_LIMITS, type ClientLimits } from '../../src/http/slow-clients.ts';
import { createServer, listen, type Server } from '../../src/http/server.ts';
import { silent } from './batches.ts';

export type TestServer = AsyncDisposable & { port: number; url: string; app: Server };

/** The HTTP server of the API with routes of a test. */
export async function startServer(
  routes: (app: Server) => void,
  limits: Partial<ClientLimits> = {},
  log = silent,
): Promise<TestServer> {
  const app = await createServer({
    publicUrl: 'http://localhost',
    version: '0',
    log,
    limits: { ...CLIENT_LIMITS, ...limits },
  });
  app.decorate('isOfTest', true); // its routes are in no document: record-answers.ts
  routes(app);
  await listen(app, { host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** A route that takes a body of JSON and gives it back. */
export function echo(app: Server): void {
  const body = Type.Object(
    { number: Type.Optional(Type.Integer()), text: Type.Optional(Type.String()) },
    { additionalProperties: false },
  );
  app.post('/echo', { schema: { body } }, async (request) => request.body);
}

export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes on a connection until the server ends it. */
export async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  await once(socket, 'close');
  return text;
}

/** Sends bytes as they are, and gives the status, the headers and the problem of the answer. */
export async function raw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = await open(port);
  socket.write(bytes);
  return readAnswer(await untilClosed(socket));
}

export type RawAnswer = { status: number; head: string; text: string; problem: Record<string, unknown> };

export function readAnswer(text: string): RawAnswer {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const isProblem = body !== '' && /content-type: application\/problem\+json/i.test(head);
  return { status: Number(head.slice(9, 12)), head, text, problem: isProblem ? JSON.parse(body) : {} };
}
