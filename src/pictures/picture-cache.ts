import { readFile, rm } from 'node:fs/promises';
import { systemCode } from '../errors.ts';
import { HOUR_MS } from '../units.ts';

const KEPT_MS = HOUR_MS;

type Kept = { path: string; bytes: number; until: number };

/** Files that are kept for an hour, within a number of bytes. The one that was asked for longest ago goes first. */
export class PictureCache {
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async read(name: string): Promise<Buffer | undefined> {
    const kept = this.#kept.get(name);
    if (!kept) return undefined;
    if (kept.until < Date.now()) {
      await this.#remove(name, kept);
      return undefined;
    }
    this.#kept.delete(name);
    this.#kept.set(name, kept); // the newest again
    return readFile(kept.path).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      return undefined; // somebody has emptied the folder
    });
  }

  /** Takes over the file at `path`, and removes others if there are too many. */
  async add(name: string, { path, bytes }: { path: string; bytes: number }): Promise<void> {
    const before = this.#kept.get(name);
    if (before) await this.#remove(name, before);
    this.#kept.set(name, { path, bytes, until: Date.now() + KEPT_MS });
    this.#bytes += bytes;
    for (const [other, kept] of this.#kept)
      if (this.#bytes > this.#maxBytes || kept.until < Date.now()) await this.#remove(other, kept);
  }

  async #remove(name: string, { path, bytes }: Kept): Promise<void> {
    if (this.#kept.get(name)?.path === path && this.#kept.delete(name)) this.#bytes -= bytes;
    await rm(path, { force: true });
  }
}
