/** Where the workers of a fleet run, each with its own ways to the database and to the store, which can be cut. */
import { networkTo } from './blackhole.ts';
import { newRoads, noRoads, type Road, type Roads } from './roads.ts';
import type { S3Request } from './s3.ts';

export type Site = {
  name: string;
  /** the command that has another one run there */
  prefix: readonly string[];
  /** what a worker there needs besides the settings of the fleet */
  settings: Record<string, string>;
  /** From now on nothing passes, and nobody is told. */
  cut(road: Road): void;
  mend(road: Road): void;
};

export type Sites = AsyncDisposable & {
  way: string;
  /** where the database, the store and the image host listen */
  addressOn(road: Road): string;
  /** for newPostgres */
  postgres: { address: string; peers: string } | undefined;
  newSite(name: string, databaseUrl: string): Promise<Site>;
  /** Whether the store is to leave a request unanswered, because its sender is cut off. */
  isLost(request: S3Request): boolean;
};

/** Network namespaces where this machine has them, else processes behind proxies. */
export function newSites(): Sites {
  const none = noRoads();
  return none === false ? inNamespaces(newRoads()) : behindProxies(none);
}

function inNamespaces(roads: Roads): Sites {
  return {
    way: 'in network namespaces',
    addressOn: roads.addressOn,
    postgres: { address: roads.addressOn('database'), peers: roads.networkOf('database') },
    async newSite(name, databaseUrl) {
      const { prefix, cut, mend } = roads.newMachine();
      return { name, prefix, settings: { DATABASE_URL: databaseUrl }, cut, mend };
    },
    isLost: () => false,
    [Symbol.asyncDispose]: async () => roads[Symbol.dispose](),
  };
}

/**
 * Everybody is told the same address of the store, so no proxy can stand before it: the store knows whose request it
 * is by its User-Agent, and is silent.
 */
function behindProxies(why: string): Sites {
  const stack = new AsyncDisposableStack();
  const withoutStore = new Set<string>();
  return {
    way: `behind proxies, because ${why}`,
    addressOn: () => '127.0.0.1',
    postgres: undefined,
    async newSite(name, databaseUrl) {
      const url = new URL(databaseUrl);
      const network = stack.use(await networkTo(Number(url.port)));
      url.port = String(network.port);
      return {
        name,
        prefix: [],
        settings: { DATABASE_URL: url.href, AWS_SDK_UA_APP_ID: name },
        cut: (road) => void (road === 'store' ? withoutStore.add(name) : network.cut()),
        mend: (road) => void (road === 'store' ? withoutStore.delete(name) : network.mend()),
      };
    },
    isLost: ({ headers }) => withoutStore.has(/ app\/(\S+)/.exec(headers['user-agent'] ?? '')?.[1] ?? ''),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
