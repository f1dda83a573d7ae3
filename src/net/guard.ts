/**
 * The address guard: every URL that comes from a stranger (images, redirects, webhooks) is fetched
 * through an agent made here. It judges the URL, literal addresses, every DNS answer, and the peer
 * that was connected in the end, so that neither a redirect nor a name that changes its address
 * between two look-ups leads inside.
 */
import { type BlockList, isIP, type LookupFunction, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import { isMetadataAddress, isPublicAddress } from './addresses.ts';
import { MAX_HEAD_BYTES, repairAnswers } from './answers.ts';
import { limitConnecting } from './connecting.ts';
import { createResolver, type Resolve, within } from './resolver.ts';

export type GuardRules = {
  /** networks that the operator allows although they are not public; any port of theirs may be used */
  allowedPrivateNetworks: BlockList;
  /** ports that may be used of public hosts */
  allowedPorts: ReadonlySet<number>;
  bounds?: Bounds;
  /** is told of each connection that was made, or could not be made */
  onConnection?(connection: Connection): void;
};

/** How long a host may take. */
type Bounds = {
  /** over a whole download with its redirects: an origin that drips is not idle, but must end */
  totalMs: number;
  /** to look up its name, and as long to connect */
  connectMs: number;
  headersMs: number;
  idleMs: number;
};

const BOUNDS: Bounds = { totalMs: 30_000, connectMs: 5_000, headersMs: 10_000, idleMs: 10_000 };

/** What it took to connect; null where it did not come to that. */
export type Connection = {
  /** of the peer */
  address: string | null;
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
};

export type Guard = {
  /** For undici's `request`. It follows no redirect and uses no proxy. */
  agent: Agent;
  bounds: Bounds;
  /**
   * The URL when a request for it may be tried, or why not.
   * @param base the URL of the response that redirected here
   */
  check(url: string, base?: URL): { url: URL } | { refused: 'invalid_url'; why: string };
  /** As `check`, and a literal address that no request may go to is refused too: nothing could change that. */
  checkReceiver(url: string): { url: URL } | { refused: 'invalid_url'; why: string };
  close(): Promise<void>;
};

/** A refused address. The reason is not told: the answer for each is the same, so that nothing can be scanned. */
class AddressDenied extends Error {
  override readonly name = 'AddressDenied';
  readonly code = 'ADDRESS_DENIED';
}

const MAX_HOSTNAME = 253; // RFC 1035, 2.3.4

export function createGuard(rules: GuardRules, resolve: Resolve = createResolver()): Guard {
  const isAllowedAtAnyPort = (address: string): boolean =>
    isNamed(rules.allowedPrivateNetworks, address) && !isMetadataAddress(address);
  const isAllowed = (address: string): boolean => isPublicAddress(address) || isAllowedAtAnyPort(address);
  const { bounds = BOUNDS, onConnection } = rules;

  const connecting = { resolve, timeoutMs: bounds.connectMs, onConnection };
  const toWebPort = guardedConnector({ ...connecting, isAllowed });
  const toOtherPort = guardedConnector({ ...connecting, isAllowed: isAllowedAtAnyPort });
  const connect: buildConnector.connector = (options, callback) => {
    (rules.allowedPorts.has(portOf(options)) ? toWebPort : toOtherPort)(options, callback);
  };

  const agent = new Agent({
    connect,
    headersTimeout: bounds.headersMs,
    bodyTimeout: bounds.idleMs,
    keepAliveTimeout: 10_000,
    maxHeaderSize: MAX_HEAD_BYTES,
  });

  function check(text: string, baseUrl?: URL): ReturnType<Guard['check']> {
    const url = URL.parse(text, baseUrl);
    if (!url) return refused('it cannot be read as an address');
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      return refused('it must begin with http:// or https://');
    if (url.username || url.password) return refused('it must not hold a user name or a password');
    if (url.hostname.length > MAX_HOSTNAME) return refused('its host name is too long');
    const mayBePrivate = rules.allowedPrivateNetworks.rules.length > 0; // there, any port may be used
    if (!rules.allowedPorts.has(portOf(url)) && !mayBePrivate) return refused(whyPort(url));
    return { url };
  }

  function checkReceiver(text: string): ReturnType<Guard['check']> {
    const checked = check(text);
    if ('refused' in checked) return checked;
    const address = literalOf(checked.url);
    if (address === undefined) return checked;
    if (!isAllowed(address))
      return refused(
        `${address} is not a public address; ALLOWED_PRIVATE_NETWORKS allows a network that is not public`,
      );
    const isWebPort = rules.allowedPorts.has(portOf(checked.url));
    return isWebPort || isAllowedAtAnyPort(address) ? checked : refused(whyPort(checked.url));
  }

  function whyPort(url: URL): string {
    return `port ${portOf(url)} is not among those that may be used (${[...rules.allowedPorts].join(', ')}); ALLOWED_PORTS adds one, and ALLOWED_PRIVATE_NETWORKS a network of which any port may be used`;
  }

  return {
    agent,
    bounds,
    check,
    checkReceiver,
    close: () => agent.destroy(),
  };
}

function portOf({ port, protocol }: { port?: string | null; protocol: string }): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/** The address of a URL that names one; `localhost` is one too (RFC 6761, 6.3; resolver.ts). */
function literalOf({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host)) return host;
  return /(^|\.)localhost$/.test(host) ? '127.0.0.1' : undefined;
}

function refused(why: string): { refused: 'invalid_url'; why: string } {
  return { refused: 'invalid_url', why };
}

type Connecting = {
  resolve: Resolve;
  isAllowed(address: string): boolean;
  timeoutMs: number;
  onConnection: GuardRules['onConnection'];
};

/** Connects only where `isAllowed` says so of the literal, of every DNS answer, and of the peer in the end. */
function guardedConnector({
  resolve,
  isAllowed,
  timeoutMs,
  onConnection,
}: Connecting): buildConnector.connector {
  const base = buildConnector({
    timeout: 0, // see limitConnecting
    allowH2: false,
    autoSelectFamily: true,
    lookup: guardedLookup((hostname) => within(timeoutMs, resolve(hostname)), isAllowed),
  });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !isAllowed(host)) {
      // Literals are never looked up, so the lookup cannot judge them.
      queueMicrotask(() => callback(new AddressDenied(), null));
      return;
    }
    // The connector answers its socket, which its type does not say.
    const connecting = base(options, (error, socket) => {
      if (error) return callback(error, null);
      if (isAllowed(socket.remoteAddress ?? '')) return callback(null, repairAnswers(socket));
      socket.destroy();
      callback(new AddressDenied(), null);
    }) as unknown as Socket;
    limitConnecting(connecting, {
      isTls: options.protocol === 'https:',
      isLookedUp: isIP(host) !== 0,
      ms: timeoutMs,
    });
    if (onConnection) watch(connecting, onConnection);
  };
}

/** Tells once how long each step of connecting took. */
function watch(socket: Socket, onConnection: (connection: Connection) => void): void {
  const times = { dnsMs: null, connectMs: null, tlsMs: null } as Omit<Connection, 'address'>;
  let since = performance.now();
  let isTold = false;
  const step = (name: keyof typeof times) => (): void => {
    const now = performance.now();
    times[name] = now - since;
    since = now;
  };
  const tell = (): void => {
    if (!isTold) onConnection({ address: socket.remoteAddress ?? null, ...times });
    isTold = true;
  };
  socket.once('lookup', step('dnsMs'));
  socket.once('connect', step('connectMs'));
  socket.once('secureConnect', step('tlsMs'));
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', tell);
  socket.once('error', tell);
}

/** Hands on the very answers that were judged; one refused address among them refuses the name. */
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

function isNamed(networks: BlockList, address: string): boolean {
  const family = address.includes('%') ? 0 : isIP(address); // an interface is nothing that a stranger may choose
  return family !== 0 && networks.check(address, family === 4 ? 'ipv4' : 'ipv6'); // without a family it fails open
}
