import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { repairAnswers } from './answers.ts';
import { limitConnecting } from './connecting.ts';
import { type Connection, timeConnection } from './connection-times.ts';
import { type Resolve, within } from './resolver.ts';

export type ConnectorRules = {
  resolve: Resolve;
  isAllowed(address: string): boolean;
  /** to look up a name, and as long again to connect */
  timeoutMs: number;
  onConnection: ((connection: Connection) => void) | undefined;
};

/** A refused address. The reason stays secret: equal answers for all addresses give a port scanner nothing. */
class AddressDenied extends Error {
  override readonly name = 'AddressDenied';
  readonly code = 'ADDRESS_DENIED';
}

/** Connects only where the literal address, every DNS answer, and the connected peer are allowed. */
export function guardedConnector(rules: ConnectorRules): buildConnector.connector {
  const { resolve, isAllowed, timeoutMs, onConnection } = rules;
  const connect = buildConnector({
    timeout: 0, // limitConnecting has its own
    allowH2: false,
    autoSelectFamily: true,
    lookup: guardedLookup((hostname) => within(timeoutMs, resolve(hostname)), isAllowed),
  });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const isLiteral = isIP(host) !== 0;
    if (isLiteral && !isAllowed(host)) {
      // Literal addresses are never looked up, so the lookup cannot judge them.
      queueMicrotask(() => callback(new AddressDenied(), null));
      return;
    }
    // The connector returns its socket, which its type does not say.
    const socket = connect(options, (error, connected) => {
      if (error) return callback(error, null);
      if (isAllowed(connected.remoteAddress ?? '')) return callback(null, repairAnswers(connected));
      connected.destroy();
      callback(new AddressDenied(), null);
    }) as unknown as Socket;
    limitConnecting(socket, {
      isTls: options.protocol === 'https:',
      isLookedUp: isLiteral,
      ms: timeoutMs,
    });
    if (onConnection) timeConnection(socket, onConnection);
  };
}

/** Passes on the very addresses that were judged. One refused address refuses the name. */
function guardedLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    judgedAnswers(hostname).then(
      (answers) => {
        if (options.all) return callback(null, answers);
        const [first] = answers;
        callback(null, first?.address ?? '', first?.family ?? 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

  async function judgedAnswers(hostname: string): Promise<{ address: string; family: number }[]> {
    const addresses = await resolve(hostname);
    if (addresses.length === 0 || !addresses.every(isAllowed)) throw new AddressDenied();
    return addresses.map((address) => ({ address, family: isIP(address) }));
  }
}
