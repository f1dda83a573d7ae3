import { Resolver } from 'node:dns/promises';
import { readFile, stat } from 'node:fs/promises';

export type Resolve = (hostname: string) => Promise<string[]>;

/**
 * A resolver of host names to all their addresses: /etc/hosts first, then DNS through c-ares, because
 * `dns.lookup` waits in a pool of four threads, where four dead names delayed a healthy one by 20 s.
 * @throws the error of c-ares (`ENOTFOUND`, `ETIMEOUT`, …)
 */
export function createResolver(): Resolve {
  const dns = new Resolver({ timeout: 2_000, tries: 2 });
  const hosts = hostsFile('/etc/hosts');
  return async (hostname) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1']; // RFC 6761, 6.3
    const known = (await hosts()).get(name);
    if (known) return known;
    const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length === 0) throw reasonOf(answers);
    return addresses;
  };
}

/** The more telling of the two errors: a name without AAAA records answers ENODATA for these. */
function reasonOf(answers: PromiseSettledResult<string[]>[]): Error {
  const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []));
  return (
    reasons.find((reason) => (reason as NodeJS.ErrnoException).code !== 'ENODATA') ??
    reasons[0] ??
    new Error('no address')
  );
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
