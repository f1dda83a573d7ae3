import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** How long each step of connecting took; null for steps that were not reached. */
export type Connection = {
  /** of the peer */
  address: string | null;
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
};

/** Calls `onConnection` once, when a socket has connected or failed to. */
export function timeConnection(socket: Socket, onConnection: (connection: Connection) => void): void {
  const times: Omit<Connection, 'address'> = { dnsMs: null, connectMs: null, tlsMs: null };
  let since = performance.now();
  let isReported = false;
  const step = (name: keyof typeof times) => (): void => {
    const now = performance.now();
    times[name] = now - since;
    since = now;
  };
  const report = (): void => {
    if (!isReported) onConnection({ address: socket.remoteAddress ?? null, ...times });
    isReported = true;
  };
  socket.once('lookup', step('dnsMs'));
  socket.once('connect', step('connectMs'));
  socket.once('secureConnect', step('tlsMs'));
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', report);
  socket.once('error', report);
}
