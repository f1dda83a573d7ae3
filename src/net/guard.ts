/**
 * The address guard. Every URL of a stranger (images, redirects, webhooks) is requested through an agent
 * made here. It judges the URL, literal addresses, every DNS answer and the connected peer, so that neither
 * a redirect nor DNS rebinding leads into a private network.
 */
import { type BlockList, isIP } from 'node:net';
import { Agent, type buildConnector } from 'undici';
import { isMetadataAddress, isPublicAddress } from './addresses.ts';
import { MAX_HEAD_BYTES } from './answer-repair.ts';
import type { Connection } from './connection-times.ts';
import { guardedConnector } from './guarded-connector.ts';
import { createResolver, type Resolve } from './resolver.ts';

export type GuardRules = {
  /** networks that the operator allows although they are not public, with all their ports */
  allowedPrivateNetworks: BlockList;
  /** allowed ports of public hosts */
  allowedPorts: ReadonlySet<number>;
  bounds?: Bounds;
  /** Called for each attempt to connect. */
  onConnection?(connection: Connection): void;
};

/** How long a host may take. */
type Bounds = {
  /** for a whole download with its redirects: a host that drips is never idle, but must end */
  totalMs: number;
  /** to look up its name, and as long again to connect */
  connectMs: number;
  headersMs: number;
  idleMs: number;
};

const BOUNDS: Bounds = { totalMs: 30_000, connectMs: 5_000, headersMs: 10_000, idleMs: 10_000 };

type Checked = { url: URL } | { refused: 'invalid_url'; why: string };

export type Guard = {
  /** For undici. It follows no redirects and uses no proxy. */
  agent: Agent;
  bounds: Bounds;
  /**
   * The URL if it may be requested, or why not.
   * @param base the URL of the response that redirected here
   */
  check(url: string, base?: URL): Checked;
  /** Like `check`, and also refuses literal addresses that no request may go to: that will never change. */
  checkReceiver(url: string): Checked;
  close(): Promise<void>;
};

const MAX_HOSTNAME = 253; // RFC 1035, 2.3.4

export function createGuard(rules: GuardRules, resolve: Resolve = createResolver()): Guard {
  const { bounds = BOUNDS, allowedPorts } = rules;
  const isAllowedAtAnyPort = (address: string): boolean =>
    isInNetwork(rules.allowedPrivateNetworks, address) && !isMetadataAddress(address);
  const isAllowed = (address: string): boolean => isPublicAddress(address) || isAllowedAtAnyPort(address);
  const agent = new Agent({
    connect: connectorOf(rules, { resolve, timeoutMs: bounds.connectMs, isAllowed, isAllowedAtAnyPort }),
    headersTimeout: bounds.headersMs,
    bodyTimeout: bounds.idleMs,
    keepAliveTimeout: 10_000,
    maxHeaderSize: MAX_HEAD_BYTES,
  });

  function check(text: string, base?: URL): Checked {
    const url = URL.parse(text, base);
    if (!url) return refused('it is not a valid URL');
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      return refused('it must begin with http:// or https://');
    if (url.username || url.password) return refused('it must not contain a user name or a password');
    if (url.hostname.length > MAX_HOSTNAME) return refused('its host name is too long');
    const mayBePrivate = rules.allowedPrivateNetworks.rules.length > 0; // with any port
    if (!allowedPorts.has(portOf(url)) && !mayBePrivate) return refused(portNotAllowed(url, allowedPorts));
    return { url };
  }

  function checkReceiver(text: string): Checked {
    const checked = check(text);
    if ('refused' in checked) return checked;
    const address = literalOf(checked.url);
    if (address === undefined) return checked;
    if (!isAllowed(address))
      return refused(
        `${address} is not a public address; ALLOWED_PRIVATE_NETWORKS allows networks that are not public`,
      );
    const isAllowedPort = allowedPorts.has(portOf(checked.url)) || isAllowedAtAnyPort(address);
    return isAllowedPort ? checked : refused(portNotAllowed(checked.url, allowedPorts));
  }

  return { agent, bounds, check, checkReceiver, close: () => agent.destroy() };
}

/** Public hosts are reached at the allowed ports only, private networks that the operator allows at any. */
function connectorOf(
  { allowedPorts, onConnection }: GuardRules,
  parts: {
    resolve: Resolve;
    timeoutMs: number;
    isAllowed(address: string): boolean;
    isAllowedAtAnyPort(address: string): boolean;
  },
): buildConnector.connector {
  const { resolve, timeoutMs, isAllowed, isAllowedAtAnyPort } = parts;
  const shared = { resolve, timeoutMs, onConnection };
  const toAllowedPort = guardedConnector({ ...shared, isAllowed });
  const toOtherPort = guardedConnector({ ...shared, isAllowed: isAllowedAtAnyPort });
  return (options, callback) => {
    const connect = allowedPorts.has(portOf(options)) ? toAllowedPort : toOtherPort;
    connect(options, callback);
  };
}

function portOf({ port, protocol }: { port?: string | null; protocol: string }): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

function portNotAllowed(url: URL, allowedPorts: ReadonlySet<number>): string {
  return `port ${portOf(url)} is not allowed (allowed: ${[...allowedPorts].join(', ')}); ALLOWED_PORTS adds a port, ALLOWED_PRIVATE_NETWORKS a network with all its ports`;
}

/** The address of a URL with a literal one. `localhost` counts as one (RFC 6761, 6.3; resolver.ts). */
function literalOf({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host)) return host;
  return /(^|\.)localhost$/.test(host) ? '127.0.0.1' : undefined;
}

function refused(why: string): Checked {
  return { refused: 'invalid_url', why };
}

function isInNetwork(networks: BlockList, address: string): boolean {
  const family = address.includes('%') ? 0 : isIP(address); // a stranger may not choose a network interface
  return family !== 0 && networks.check(address, family === 4 ? 'ipv4' : 'ipv6'); // without a family it fails open
}
