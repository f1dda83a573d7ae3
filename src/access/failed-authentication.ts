import { isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { sha256Of } from './api-key.ts';
import { TokenBuckets } from './token-buckets.ts';

/**
 * A client with a wrong key makes this many requests in a while without noticing. It bounds look-ups and the log:
 * to guess 190 random bits is hopeless at any rate.
 */
const RULE = { perSecond: 10, capacity: 1_000 };
const MOST_ACCEPTED = 10_000;

/**
 * Limits failed authentications by the address of the client, in this process: after a thousand, and ten more a second, its
 * requests are refused before a key is looked up. A credential that this process has accepted before still passes: one
 * client with a wrong key must not lock out the others behind its NAT.
 */
export class FailureLimit {
  readonly #failures: TokenBuckets;
  readonly #accepted = new Set<string>(); // SHA-256

  constructor(failures = new TokenBuckets()) {
    this.#failures = failures;
  }

  /**
   * Does the authentication of a request.
   * @param credential the key or session that it has; a request without one is no guess
   * @throws Problem `too_many_requests`, and what `authenticate` throws; its `unauthorized` is counted
   */
  async guard<T>(
    { ip }: Pick<FastifyRequest, 'ip'>,
    credential: string | undefined,
    authenticate: () => Promise<T>,
  ): Promise<T> {
    if (credential === undefined) return authenticate();
    const network = networkOf(ip);
    const { isEmpty, waitS } = this.#failures.look(network, RULE);
    if (isEmpty && !this.#accepted.has(hashOf(credential))) throw tooMany(waitS);
    try {
      const result = await authenticate();
      this.accept(credential);
      return result;
    } catch (error) {
      if (error instanceof Problem && error.code === 'unauthorized') this.#failures.take(network, RULE);
      throw error;
    }
  }

  /** Lets a credential pass from now on, such as a session that has just begun. */
  accept(credential: string): void {
    if (this.#accepted.size >= MOST_ACCEPTED) this.#accepted.clear();
    this.#accepted.add(hashOf(credential));
  }
}

function hashOf(credential: string): string {
  return sha256Of(credential).toString('base64');
}

function tooMany(waitS: number): Problem {
  return new Problem('too_many_requests', {
    detail: 'Too many requests from this address had no valid API key. Correct the key, and try again later.',
    retryAfterS: Math.ceil(waitS),
  });
}

/** An address, or the network of 64 bits of an IPv6 address: its client can use all addresses in it. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip) || ip.includes('.')) return ip; // also ::ffff:192.0.2.1
  const [head = '', tail = ''] = ip.split('::');
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - (before?.length ?? 0) - (after?.length ?? 0) }, () => '0');
  const groups = [...(before ?? []), ...zeros, ...(after ?? [])];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
