/** A stand-in for PgBouncer. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

const KEY_DATA = Buffer.from('K\0\0\0\x0c', 'latin1'); // BackendKeyData: then the process id, and a secret

export type Pooler = AsyncDisposable & { port: number };

/** What a client sees of PgBouncer: the process id that it was told is not that of its session. */
export async function startPooler(url: string): Promise<Pooler> {
  const port = Number(new URL(url).port);
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.pipe(far);
    far.on('data', (data: Buffer) => {
      const at = data.indexOf(KEY_DATA);
      if (at >= 0) data.writeUInt32BE(1, at + KEY_DATA.length);
      near.write(data);
    });
    far.on('close', () => near.destroy());
    for (const socket of [near, far]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

/** The address of a database behind the pooler. */
export function pooledUrl(url: string, { port }: Pooler): URL {
  const pooled = new URL(url);
  pooled.port = String(port);
  pooled.search = ''; // the bundled server's own port stands there
  return pooled;
}
