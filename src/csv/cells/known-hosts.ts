const ORIGIN = /^https?:\/\/[\w.-]+(?::\d+)?$/i;
const MOST = 1_000;

/**
 * Remembers the hosts of origins as the URL parser read them: it takes a microsecond, and the million addresses of a
 * catalogue have few hosts. For addresses without characters that need a repair: whatever follows the origin, such an
 * address can be parsed, and has the same host.
 */
export class KnownHosts {
  readonly #hosts = new Map<string, string>();

  hostOf(address: string): string | undefined {
    return this.#hosts.get(originOf(address));
  }

  add(address: string, host: string): void {
    const origin = originOf(address);
    if (!ORIGIN.test(origin)) return;
    if (this.#hosts.size >= MOST) this.#hosts.clear();
    // Copies: a part of the file's text would keep all of its piece in memory (V8's sliced strings).
    this.#hosts.set(Buffer.from(origin).toString(), Buffer.from(host).toString());
  }
}

/** Up to the slash that begins the path. */
function originOf(address: string): string {
  return address.slice(0, address.indexOf('/', 'https://'.length));
}
