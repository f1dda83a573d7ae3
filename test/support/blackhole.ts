import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between here and a server that may fall silent: connections stay, and nothing comes through. */
export type Network = AsyncDisposable & {
  port: number;
  /** From now on nothing passes, and whoever connects waits. */
  cut(): void;
  /** New connections pass again. Those that were there before stay silent, as behind a router that forgot them. */
  mend(): void;
};

export async function networkTo(port: number): Promise<Network> {
  let isCut = false;
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  const server = createServer((near) => {
    const far = isCut ? undefined : connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      if (!from) continue;
      sockets.add(from);
      from.on('error', () => {});
      from.on('data', (data) => void (silent.has(from) || to?.write(data)));
      from.on('close', () => void (silent.has(from) || to?.destroy()));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) silent.add(socket);
    },
    mend() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
