import type { Socket } from 'node:net';

/** A host that does not answer while we connect to it. The message says to what. */
export class ConnectingTimedOut extends Error {
  override readonly name = 'ConnectingTimedOut';
}

/**
 * Destroys a socket that is not connected in time. Looking up its name is not counted: that has a bound of
 * its own, so that each is told as what it is.
 */
export function limitConnecting(
  socket: Socket,
  { isTls, isLookedUp, ms }: { isTls: boolean; isLookedUp: boolean; ms: number },
): void {
  let timer: NodeJS.Timeout | undefined;
  let awaited = 'a connection';
  const start = (): void => {
    timer ??= setTimeout(() => {
      socket.destroy(new ConnectingTimedOut(`no answer to ${awaited} within ${ms / 1000} s`));
    }, ms);
  };
  const stop = (): void => clearTimeout(timer);
  if (isLookedUp) start();
  else socket.once('lookup', start);
  socket.once('connect', () => (awaited = 'the TLS handshake'));
  socket.once(isTls ? 'secureConnect' : 'connect', stop);
  socket.once('close', stop);
}
