import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Db } from '../db/database.ts';
import { systemCode } from '../errors.ts';
import { newUuid } from '../ids.ts';
import { keptUploadFile } from '../temporary-folder.ts';
import type { Consumer, KeptReader } from './consume.ts';
import {
  deleteUpload,
  expired,
  findUpload,
  type KeptQuota,
  keptQuota,
  putUpload,
  type UploadKey,
  uploadKey,
  type WholeUpload,
} from './kept-uploads.ts';
import { UploadMeter } from './upload-meter.ts';

export type KeptParts = {
  db: Db;
  /** a folder for temporary files */
  folder: string;
  maxUploadBytes: number;
};

/** A kept upload whose file can be read, as often as needed, also after it has been deleted. */
export type OpenUpload = AsyncDisposable & { row: WholeUpload; read(): AsyncGenerator<Buffer> };

/** Of an upload that arrives: the bytes that are counted by now, and how many the tenant has room for. */
type Place = UploadKey & { bytes: number; room: number };

// An upload may not say how long it is, and several may arrive at once.
const COUNTS_PER_UPLOAD = 16;
const CHUNK_BYTES = 256 * 1024;

/**
 * Where the files of kept uploads are: in the folder of temporary files of the machine that received them. Only this
 * file knows it.
 */
export class KeptFiles {
  readonly #db: Db;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #quota: KeptQuota;

  constructor({ db, folder, maxUploadBytes }: KeptParts) {
    this.#db = db;
    this.#folder = folder;
    this.#maxBytes = maxUploadBytes;
    this.#quota = keptQuota(maxUploadBytes);
  }

  /**
   * Makes room for an upload before its body is read.
   * @param bytes its announced size
   * @throws Problem `quota_exceeded`
   */
  async reserve(tenantId: number, bytes: number): Promise<Place> {
    const key = { tenantId, uploadId: newUuid() };
    const { room } = await putUpload(this.#db, key, { bytes }, this.#quota);
    return { ...key, room, bytes };
  }

  /**
   * Writes a file while it arrives. What follows it may still refuse the upload, so it is not kept yet.
   * @throws Problem `payload_too_large`, `quota_exceeded`
   */
  async write(
    { room, bytes: counted, ...key }: Place,
    chunks: AsyncIterable<Buffer>,
  ): Promise<{ bytes: number; sha256: Buffer }> {
    const meter = new UploadMeter(chunks, this.#maxBytes);
    await using file = await open(this.#pathOf(key), 'wx', 0o600);
    for await (const chunk of meter.chunks) {
      if (meter.bytes > Math.min(room, counted + this.#maxBytes / COUNTS_PER_UPLOAD)) {
        counted = meter.bytes;
        ({ room } = await putUpload(this.#db, key, { bytes: counted }, this.#quota));
      }
      await file.writeFile(chunk);
    }
    await file.datasync(); // after a power cut, a row must not name a file without its content
    return { bytes: meter.bytes, sha256: meter.sha256() };
  }

  /** @param also what is done in the same transaction @throws Problem `quota_exceeded` */
  async keep(
    key: UploadKey,
    file: { bytes: number; name: string; sha256: Buffer },
    also?: (trx: Db) => Promise<void>,
  ): Promise<WholeUpload> {
    const row = await putUpload(this.#db, key, file, this.#quota, also);
    return { ...row, sha256: file.sha256 };
  }

  /** @throws Problem `not_found`, `upload_expired` */
  async open(key: UploadKey): Promise<OpenUpload> {
    const row = await this.find(key);
    const file = await open(this.#pathOf(key)).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') throw expired(row);
      throw error;
    });
    return { row, read: () => chunksOf(file), [Symbol.asyncDispose]: () => file.close() };
  }

  /** @throws Problem `not_found`, `upload_expired` */
  async find(key: UploadKey): Promise<WholeUpload> {
    const row = await findUpload(this.#db, key);
    if (row.is_expired) throw expired(row);
    return row;
  }

  /** Forgets an upload that did not arrive. */
  async abandon(key: UploadKey): Promise<void> {
    await deleteUpload(this.#db, key);
    await this.removeFile(key);
  }

  async removeFile(key: UploadKey): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  #pathOf({ uploadId }: UploadKey): string {
    return keptUploadFile(this.#folder, uploadId);
  }
}

/** The content of a file, from its beginning. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let offset = 0; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

/** Reads kept uploads of a tenant as a consumer reads the file of a request. */
export function keptReader<T>(kept: KeptFiles, tenantId: number, consume: Consumer<T>): KeptReader<T> {
  return async (id, reading) => {
    await using upload = await kept.open(uploadKey(tenantId, id));
    return { result: await consume(upload.read(), reading), fileName: upload.row.name };
  };
}
