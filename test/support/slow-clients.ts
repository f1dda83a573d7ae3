/** Clients that hold a connection with as little as they can. */
import type { Socket } from 'node:net';
import { open, readAnswer, untilClosed } from './http.ts';

export type SlowClient = { isOpen: boolean; answer: Promise<{ status: number; code: unknown }> };

const PAUSE_MS = 1_000;

/** Connects, and sends a sign a second. */
export async function slowClient(port: number, begin: string): Promise<SlowClient> {
  const socket: Socket = await open(port);
  const trickle = setInterval(() => socket.writable && socket.write('a'), PAUSE_MS).unref();
  const answer = untilClosed(socket).then((text) => {
    clearInterval(trickle);
    client.isOpen = false;
    const { status, problem } = readAnswer(text);
    return { status, code: problem['code'] };
  });
  const client: SlowClient = { isOpen: true, answer };
  socket.write(begin);
  return client;
}
