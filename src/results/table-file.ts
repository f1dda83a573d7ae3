import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Problem } from '../errors.ts';
import { ndjsonWriter } from './output-ndjson.ts';
import { XlsxFile } from './xlsx.ts';

/** The formats of a table besides CSV, by the ending of its name. */
export type TableFileKind = 'xlsx' | 'ndjson';

/** A file that gets the table of a batch besides output.csv. */
export class TableFile implements AsyncDisposable {
  readonly #path: string;
  readonly #kind: TableFileKind;
  readonly #unfinished: string;
  readonly #file: FileHandle;
  #xlsx: XlsxFile | undefined;
  #lines: ((rows: string[][]) => string) | undefined;
  /** why the table could not be written in this format */
  problem: Problem | undefined;

  static async open(path: string, kind: TableFileKind): Promise<TableFile> {
    const unfinished = `${path}.${randomUUID()}`;
    return new TableFile(path, kind, { unfinished, file: await open(unfinished, 'wx') });
  }

  private constructor(
    path: string,
    kind: TableFileKind,
    { unfinished, file }: { unfinished: string; file: FileHandle },
  ) {
    this.#path = path;
    this.#kind = kind;
    this.#unfinished = unfinished;
    this.#file = file;
  }

  async begin(header: string[]): Promise<void> {
    await this.#attempt(async () => {
      if (this.#kind === 'xlsx') this.#xlsx = await XlsxFile.open(dirname(this.#path), header);
      else this.#lines = ndjsonWriter(header);
    });
  }

  async add(rows: string[][]): Promise<void> {
    if (this.problem) return;
    await this.#attempt(async () => {
      await this.#xlsx?.add(rows);
      if (this.#lines) await this.#file.writeFile(this.#lines(rows));
    });
  }

  /** Puts the file in its place. @returns its path; undefined if the table does not fit into it */
  async finish(modifiedAt: Date): Promise<string | undefined> {
    if (this.problem) return undefined;
    await this.#xlsx?.end();
    for await (const bytes of this.#xlsx?.read(modifiedAt) ?? []) await this.#file.writeFile(bytes);
    await rename(this.#unfinished, this.#path);
    return this.#path;
  }

  /** A table that does not fit into the format is a problem of this file only. */
  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#xlsx?.[Symbol.asyncDispose]();
    await this.#file.close();
    await rm(this.#unfinished, { force: true });
  }
}

/** The kind of table that a name ends with. @throws Problem `bad_request` for another name, or one with a folder */
export function tableFileKind(name: string): TableFileKind {
  const ending = /\.(xlsx|ndjson)$/.exec(name)?.[1];
  if (ending !== undefined && basename(name) === name && !name.includes('\\')) return ending as TableFileKind;
  throw new Problem('bad_request', {
    detail: `--output is "${name}", and must be the name of a file in the folder of --out, such as output.xlsx or output.ndjson.`,
  });
}
