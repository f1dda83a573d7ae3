import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What is written for a path, byte for byte, before the connection is closed; or what is done instead. */
export type RawAnswer = Buffer | ((socket: Socket, request: string) => void);

export type RawOrigin = AsyncDisposable & { url: string; port: number; requests: string[] };

/** A web server on loopback without an HTTP library: what it writes is what arrives. */
export async function startRawOrigin(answers: Record<string, RawAnswer>): Promise<RawOrigin> {
  const open = new Set<Socket>();
  const requests: string[] = [];
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const request = received.slice(0, end);
      received = received.slice(end + 4);
      requests.push(request);
      const answer = answers[request.split(' ')[1] ?? ''] ?? Buffer.from('HTTP/1.1 404 Not Found\r\n\r\n');
      if (Buffer.isBuffer(answer)) socket.end(answer);
      else answer(socket, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
