import { patienceWith, type Patiently, type Waiting } from './patient.ts';
import { resumed } from './resumed.ts';
import type { Listed, Range, Storage } from './storage.ts';

/**
 * A storage for commands that go through all of it, for hours: each call is tried again for five minutes, and a list
 * goes on behind its last page, and a file where it broke off. Nothing is removed twice: see Removal.
 */
export function storageForLongRun(storage: Storage, waiting: Waiting): Storage {
  const patiently = patienceWith(storage, waiting);
  const { sha256Of } = storage;
  return {
    ...storage,
    put: (key, file, signal) => patiently(signal, (within) => storage.put(key, file, within)),
    sizesOf: (keys, signal) => patiently(signal, (within) => storage.sizesOf(keys, within)),
    look: (key, signal) => patiently(signal, (within) => storage.look(key, within)),
    ...(sha256Of && {
      sha256Of: (key, signal) => patiently(signal, (within) => sha256Of(key, within)),
    }),
    open: async (key, signal, range) => {
      const opened = await patiently(signal, (within) => storage.open(key, within, range));
      const reopen = (rest: Range, within: AbortSignal) => storage.open(key, within, rest);
      return opened && resumed(opened, { name: storage.name, range, patiently, reopen, signal });
    },
    list: (prefix, signal, after) => listOn(storage, patiently, { prefix, signal, after }),
  };
}

async function* listOn(
  storage: Storage,
  patiently: Patiently,
  { prefix, signal, after = '' }: { prefix: string; signal: AbortSignal; after: string | undefined },
): AsyncGenerator<Listed[]> {
  let last = after;
  let pages: AsyncIterator<Listed[]> | undefined;
  const next = async (): Promise<IteratorResult<Listed[]>> => {
    pages ??= storage.list(prefix, signal, last)[Symbol.asyncIterator]();
    try {
      return await pages.next();
    } catch (error) {
      pages = undefined; // a list that has thrown is at its end
      throw error;
    }
  };
  try {
    for (let page = await patiently(signal, next); !page.done; page = await patiently(signal, next)) {
      last = page.value.at(-1)?.key ?? last;
      yield page.value;
    }
  } finally {
    await pages?.return?.();
  }
}
