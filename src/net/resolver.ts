import { Resolver } from 'node:dns/promises';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../errors.ts';

export type Resolve = (hostname: string) => Promise<string[]>;

/** A name that could not be looked up. `reason` is empty where there is no such name. */
export class LookupFailed extends Error {
  override readonly name = 'LookupFailed';
  /** as c-ares has it: `ENOTFOUND`, `ESERVFAIL`, … */
  readonly code: string;
  readonly reason: string;

  constructor(code: string, reason = REASONS[code] ?? code, options?: ErrorOptions) {
    super(reason || 'there is no such name', options);
    this.code = code;
    this.reason = reason;
  }
}

const REASONS: Record<string, string> = {
  ENOTFOUND: '',
  ENODATA: 'it has no address',
  ESERVFAIL: 'the DNS servers of its domain fail: SERVFAIL',
  EREFUSED: 'the DNS server refuses to answer: REFUSED',
  ETIMEOUT: 'the DNS server did not answer',
  ECONNREFUSED: 'no DNS server can be reached',
  EBADNAME: 'it is no name that DNS can hold',
  EBADRESP: 'the answer of the DNS server cannot be read',
};

/**
 * A resolver of host names to all their addresses: /etc/hosts first, then DNS through c-ares, because
 * `dns.lookup` waits in a pool of four threads, where four dead names delayed a healthy one by 20 s.
 * @throws LookupFailed
 */
export function createResolver(dns = new Resolver({ timeout: 2_000, tries: 2 })): Resolve {
  const hosts = hostsFile('/etc/hosts');
  return async (hostname) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1']; // RFC 6761, 6.3
    const known = (await hosts()).get(name);
    if (known) return known;
    return addressesOf([dns.resolve4(name), dns.resolve6(name)]);
  };
}

const OTHER_FAMILY_MS = 500;

/** Of both families; of one where the other is long in coming, as it is where a DNS server drops what it does not know. */
async function addressesOf(families: Promise<string[]>[]): Promise<string[]> {
  const all = Promise.allSettled(families);
  const late = Promise.any(families).then(
    (addresses) => sleep(OTHER_FAMILY_MS, addresses, { ref: false }),
    () => [], // both failed: `all` says how
  );
  const answers = await Promise.race([all, late]);
  const addresses = answers.flatMap((answer) =>
    typeof answer === 'string' ? answer : answer.status === 'fulfilled' ? answer.value : [],
  );
  return addresses.length > 0 ? addresses : Promise.reject(reasonOf(await all));
}

/** The more telling of the two errors: a name without AAAA records answers ENODATA for these. */
function reasonOf(answers: PromiseSettledResult<string[]>[]): LookupFailed {
  const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []));
  const reason = reasons.find((error) => systemCode(error) !== 'ENODATA') ?? reasons[0];
  return new LookupFailed(systemCode(reason) ?? 'ENODATA', undefined, { cause: reason });
}

/** @throws LookupFailed also when it takes longer */
export async function within<T>(ms: number, lookup: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new LookupFailed('ETIMEOUT', `the DNS server did not answer within ${ms / 1000} s`)),
    ms,
  );
  return Promise.race([lookup, late.promise]).finally(() => clearTimeout(timer));
}

/** Reads the file again only when it has changed. */
function hostsFile(path: string): () => Promise<Map<string, string[]>> {
  let readAt = -1;
  let names = new Map<string, string[]>();
  return async () => {
    const changedAt = await stat(path).then(
      (file) => file.mtimeMs,
      () => 0,
    );
    if (changedAt === readAt) return names;
    readAt = changedAt;
    names = parseHosts(await readFile(path, 'utf8').catch(() => ''));
    return names;
  };
}

function parseHosts(text: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!address) continue;
    for (const alias of aliases)
      names.set(alias.toLowerCase(), [...(names.get(alias.toLowerCase()) ?? []), address]);
  }
  return names;
}
