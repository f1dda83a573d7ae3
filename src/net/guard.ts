/**
 * The address guard: every URL that comes from a stranger (images, redirects, webhooks) is fetched
 * through an agent made here. It judges the URL, literal addresses, every DNS answer, and the peer
 * that was connected in the end, so that neither a redirect nor a name that changes its address
 * between two look-ups leads inside.
 */
import { type BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { isMetadataAddress, isPublicAddress } from './addresses.ts';
import { createResolver, type Resolve } from './resolver.ts';

export type GuardRules = {
  /** networks that the operator allows although they are not public; any port of theirs may be used */
  allowedPrivateNetworks: BlockList;
  /** ports that may be used of public hosts */
  allowedPorts: ReadonlySet<number>;
};

export type Guard = {
  /** For undici's `request`. It follows no redirect and uses no proxy. */
  agent: Agent;
  /**
   * The URL when a request for it may be tried, or why not.
   * @param base the URL of the response that redirected here
   */
  check(url: string, base?: URL): { url: URL } | { refused: 'invalid_url'; why: string };
  close(): Promise<void>;
};

/** A refused address. The reason is not told: the answer for each is the same, so that nothing can be scanned. */
class AddressDenied extends Error {
  override readonly name = 'AddressDenied';
  readonly code = 'ADDRESS_DENIED';
}

const CONNECT_TIMEOUT_MS = 5_000;
const HEADERS_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 10_000;
const MAX_HOSTNAME = 253; // RFC 1035, 2.3.4

export function createGuard(rules: GuardRules, resolve: Resolve = createResolver()): Guard {
  const isAllowedAtAnyPort = (address: string): boolean =>
    isNamed(rules.allowedPrivateNetworks, address) && !isMetadataAddress(address);
  const isAllowed = (address: string): boolean => isPublicAddress(address) || isAllowedAtAnyPort(address);

  const toWebPort = guardedConnector(resolve, isAllowed);
  const toOtherPort = guardedConnector(resolve, isAllowedAtAnyPort);
  const connect: buildConnector.connector = (options, callback) => {
    const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
    (rules.allowedPorts.has(port) ? toWebPort : toOtherPort)(options, callback);
  };

  const agent = new Agent({
    connect,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: 10_000,
  });

  return {
    agent,
    check(text, baseUrl) {
      const url = URL.parse(text, baseUrl);
      if (!url) return refused('it cannot be read as an address');
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        return refused('it must begin with http:// or https://');
      if (url.username || url.password) return refused('it must not hold a user name or a password');
      if (url.hostname.length > MAX_HOSTNAME) return refused('its host name is too long');
      const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
      const mayBePrivate = rules.allowedPrivateNetworks.rules.length > 0; // there, any port may be used
      if (!rules.allowedPorts.has(port) && !mayBePrivate)
        return refused(`port ${port} is not among those that may be used`);
      return { url };
    },
    close: () => agent.destroy(),
  };
}

function refused(why: string): { refused: 'invalid_url'; why: string } {
  return { refused: 'invalid_url', why };
}

/** Connects only where `isAllowed` says so of the literal, of every DNS answer, and of the peer in the end. */
function guardedConnector(
  resolve: Resolve,
  isAllowed: (address: string) => boolean,
): buildConnector.connector {
  const base = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    allowH2: false,
    autoSelectFamily: true,
    lookup: guardedLookup(resolve, isAllowed),
  });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !isAllowed(host)) {
      // Literals are never looked up, so the lookup cannot judge them.
      queueMicrotask(() => callback(new AddressDenied(), null));
      return;
    }
    base(options, (error, socket) => {
      if (error) return callback(error, null);
      if (isAllowed(socket.remoteAddress ?? '')) return callback(null, socket);
      socket.destroy();
      callback(new AddressDenied(), null);
    });
  };
}

/** Hands on the very answers that were judged; one refused address among them refuses the name. */
function guardedLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        if (!addresses.every(isAllowed)) return callback(new AddressDenied(), []);
        const answers = addresses.map((address) => ({ address, family: isIP(address) }));
        if (options.all) return callback(null, answers);
        const [first] = answers;
        callback(null, first?.address ?? '', first?.family ?? 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

function isNamed(networks: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && networks.check(address, family === 4 ? 'ipv4' : 'ipv6'); // without a family it fails open
}
