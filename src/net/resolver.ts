import { Resolver } from 'node:dns/promises';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../errors.ts';

export type Resolve = (hostname: string) => Promise<string[]>;

/** A host name that could not be resolved. `reason` is empty where the name does not exist. */
export class LookupFailed extends Error {
  override readonly name = 'LookupFailed';
  /** c-ares's code: `ENOTFOUND`, `ESERVFAIL`, ... */
  readonly code: string;
  readonly reason: string;

  constructor(code: string, reason: string, options?: ErrorOptions) {
    super(reason || 'no such host name', options);
    this.code = code;
    this.reason = reason;
  }
}

/** The failures of a name or its servers. Other codes of c-ares (no memory, no file, bad arguments) are our own. */
const REASONS: Record<string, string> = {
  ENOTFOUND: '',
  ENODATA: 'the name has no address',
  ESERVFAIL: "the domain's DNS servers fail (SERVFAIL)",
  EREFUSED: 'the DNS server refused the query (REFUSED)',
  EFORMERR: 'the DNS server rejected the query (FORMERR)',
  ENOTIMP: 'the DNS server does not support the query (NOTIMP)',
  ETIMEOUT: 'the DNS server did not answer',
  ECONNREFUSED: 'no DNS server is reachable',
  EOF: 'the DNS server closed the connection',
  EBADNAME: 'not a valid DNS name',
  EBADRESP: 'invalid response from the DNS server',
};

/**
 * Resolves host names to all their addresses: from /etc/hosts, else from DNS through c-ares. `dns.lookup`
 * would wait in libuv's pool of four threads, where four dead names delayed a healthy one by 20 s.
 * @throws LookupFailed
 */
export function createResolver(
  dns = new Resolver({ timeout: 2_000, tries: 2 }),
  path = '/etc/hosts',
): Resolve {
  const hosts = hostsFile(path);
  return async (hostname) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1']; // RFC 6761, 6.3
    const listed = (await hosts()).get(name);
    if (listed) return listed;
    return addressesOf([dns.resolve4(name), dns.resolve6(name)]);
  };
}

const OTHER_FAMILY_MS = 500;

/** Waits for both families, but not long for the second: some DNS servers drop queries for AAAA records. */
async function addressesOf(families: Promise<string[]>[]): Promise<string[]> {
  const all = Promise.allSettled(families);
  const first = Promise.any(families).then(
    (addresses) => sleep(OTHER_FAMILY_MS, addresses, { ref: false }),
    () => [], // both failed; `all` has the reasons
  );
  const answers = await Promise.race([all, first]);
  const addresses = answers.flatMap((answer) =>
    typeof answer === 'string' ? answer : answer.status === 'fulfilled' ? answer.value : [],
  );
  if (addresses.length > 0) return addresses;
  throw failureOf(await all);
}

/** The more telling of the two errors: a name without AAAA records answers ENODATA for them. */
function failureOf(answers: PromiseSettledResult<string[]>[]): unknown {
  const errors = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  const error = errors.find((each) => systemCode(each) !== 'ENODATA') ?? errors[0];
  if (errors.length === 0) return new LookupFailed('ENODATA', REASONS['ENODATA'] ?? '');
  const code = systemCode(error) ?? '';
  const reason = REASONS[code];
  return reason === undefined ? error : new LookupFailed(code, reason, { cause: error });
}

/** Bounds a lookup. @throws LookupFailed when it takes longer */
export async function within<T>(ms: number, lookup: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new LookupFailed('ETIMEOUT', `the DNS server did not answer within ${ms / 1000} s`)),
    ms,
  );
  return Promise.race([lookup, late.promise]).finally(() => clearTimeout(timer));
}

/** Rereads the file only when it has changed. */
function hostsFile(path: string): () => Promise<Map<string, string[]>> {
  let readAt = -1;
  let names = Promise.resolve(new Map<string, string[]>());
  return async () => {
    const changedAt = await stat(path).then(
      (file) => file.mtimeMs,
      () => 0,
    );
    if (changedAt === readAt) return names;
    readAt = changedAt;
    names = readFile(path, 'utf8').then(parseHosts, () => new Map<string, string[]>());
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
