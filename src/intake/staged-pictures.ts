import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TablePicture } from '../csv/table-pictures.ts';

/** A picture of an upload on this machine, ready to be stored. */
export type StagedPicture = { sha256: string; bytes: number; name: string; path: string };

/** The pictures that came with a table, each content once, in a folder that somebody else removes. */
export class StagedPictures {
  readonly #folder: string;
  readonly #bySha256 = new Map<string, StagedPicture>();
  readonly #byName = new Map<string, string>();
  #written = 0;

  /** @param folder is created with the first picture */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** In the order in which they were added. */
  get all(): StagedPicture[] {
    return [...this.#bySha256.values()];
  }

  /**
   * Keeps a picture, whatever its bytes are: whoever makes something of it judges them.
   * @returns its SHA-256 in hexadecimal: uploadUrl makes the URL of its images
   * @throws what reading it throws
   */
  async add({ name, read }: TablePicture): Promise<string> {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const { path, bytes, sha256 } = await this.#write(read());
    if (this.#bySha256.has(sha256)) await rm(path);
    else this.#bySha256.set(sha256, { sha256, bytes, name, path });
    this.#byName.set(name, sha256);
    return sha256;
  }

  async #write(content: AsyncIterable<Buffer>): Promise<Omit<StagedPicture, 'name'>> {
    if (this.#written === 0) await mkdir(this.#folder, { recursive: true });
    this.#written += 1;
    const path = join(this.#folder, String(this.#written));
    const hash = createHash('sha256');
    let bytes = 0;
    await using file = await open(path, 'wx', 0o600);
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
    return { path, bytes, sha256: hash.digest('hex') };
  }
}
