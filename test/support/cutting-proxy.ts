import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Cut = { begin: string; where: 'request' | 'answer' };

export type CuttingProxy = AsyncDisposable & {
  url: string;
  /** where connections lead to */
  leadTo(url: string): void;
  /** From now on, each request that begins so is cut off: within its body, or when its answer comes. */
  cut(begin: string, where: Cut['where']): void;
  mend(): void;
  /** how many requests were cut off */
  cuts(): number;
};

const FORWARDED_BYTES = 64 * 1024;

/** A network between a browser and a server on loopback that can fail in the middle of a request. */
export async function startCuttingProxy(): Promise<CuttingProxy> {
  let port = 0;
  let cut: Cut | undefined;
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let left = Infinity;
    let losesAnswer = false;
    function end(): void {
      client.destroy();
      upstream.destroy();
    }
    function cutOff(): void {
      cuts += 1;
      end();
    }
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', end).on('close', () => {
        open.delete(socket);
        end();
      });
    }
    client.on('data', (chunk) => {
      if (cut && chunk.toString('latin1').startsWith(cut.begin)) {
        if (cut.where === 'request') left = FORWARDED_BYTES;
        else losesAnswer = true;
      }
      left -= chunk.length;
      if (left > 0) upstream.write(chunk);
      else cutOff();
    });
    upstream.on('data', (chunk) => {
      if (losesAnswer) cutOff();
      else client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (url) => void (port = Number(new URL(url).port)),
    cut: (begin, where) => void (cut = { begin, where }),
    mend: () => void (cut = undefined),
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
