/** What every storage keeps, whatever it is made of. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { StorageKey } from '../../src/storage/keys.ts';
import type { Keeping, Listed, Storage } from '../../src/storage/storage.ts';
import { type Folder, newFolder } from '../support/folder.ts';

const never = new AbortController().signal;

export type Opened = AsyncDisposable & { storage: Storage };

export function keepsTheContract(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened;
    let storage: Storage;
    let folder: Folder;
    before(async () => {
      folder = await newFolder();
      opened = await open();
      ({ storage } = opened);
    });
    after(async () => {
      await storage.close();
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });

    async function keeping(content: Buffer, contentType = 'image/jpeg'): Promise<Keeping> {
      const path = join(folder.path, randomBytes(8).toString('hex'));
      await writeFile(path, content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { path, bytes: content.length, sha256, contentType };
    }
    const put = async (key: StorageKey, content: Buffer) => storage.put(key, await keeping(content), never);
    const read = async (key: StorageKey): Promise<Buffer | undefined> => {
      const file = await storage.open(key, never);
      return file && (await buffer(file.content));
    };

    test('it can be written, as a probe finds again and again', async () => {
      await storage.probe(never);
      await storage.probe(never);
    });

    test('a file is moved to its key, and found there with its size, an ETag and a time', async () => {
      const key = newKey();
      const file = await keeping(Buffer.from('a picture'));
      assert.deepEqual(await storage.put(key, file, never), { bytes: 9, sha256: file.sha256 });
      assert.equal(existsSync(file.path), false);
      assert.deepEqual(await storage.sizesOf([newKey(), key, newKey()], never), [undefined, 9, undefined]);
      const look = await storage.look(key, never);
      assert.equal(look?.bytes, 9);
      assert.match(look.etag, /^"[^"]+"$/);
      assert.ok(Math.abs(look.modifiedAt.getTime() - Date.now()) < 60_000);
      assert.equal((await read(key))?.toString(), 'a picture');
      assert.equal(await storage.look(newKey(), never), undefined);
      assert.equal(await storage.open(newKey(), never), undefined);
    });

    test('of 16 that store a key at the same time one wins, and all are told of its content', async () => {
      for (let round = 0; round < 3; round += 1) {
        const key = newKey();
        const contents = Array.from({ length: 16 }, (_, i) => Buffer.from(`${i}`.repeat(i + 1)));
        const told = await Promise.all(contents.map((content) => put(key, content)));
        const kept = (await read(key)) ?? Buffer.alloc(0);
        const sha256 = createHash('sha256').update(kept).digest('hex');
        for (const content of told) assert.deepEqual(content, { bytes: kept.length, sha256 });
      }
    });

    test('a key keeps its first file, also where another one is stored later', async () => {
      const key = newKey();
      const first = await put(key, Buffer.from('first'));
      assert.deepEqual(await put(key, Buffer.from('the second')), first);
      assert.equal((await read(key))?.toString(), 'first');
    });

    test('files of no byte and of 20 MB are kept as they are', async () => {
      for (const content of [Buffer.alloc(0), randomBytes(20_000_000)]) {
        const key = newKey();
        await put(key, content);
        assert.deepEqual(await storage.sizesOf([key], never), [content.length]);
        assert.ok((await read(key))?.equals(content));
      }
    });

    test('keys of all forms are kept apart', async () => {
      const set = newKey().slice(0, -'a.jpg'.length);
      const names = ['240.webp', 'a.j', 'a.jpg', 'a-.jpg', 'a0.jpg', `z${'-9'.repeat(15)}a.abcde`];
      for (const name of names) await put(set + name, Buffer.from(name));
      for (const name of names) assert.equal((await read(set + name))?.toString(), name);
      assert.deepEqual(
        (await listed(storage, set)).map(({ key }) => key),
        names.map((name) => set + name).toSorted(),
      );
    });

    test('a range is read alone, and its file is told in full', async () => {
      const key = newKey();
      await put(key, Buffer.from('0123456789'));
      for (const [from, to, content] of [
        [0, 0, '0'],
        [2, 5, '2345'],
        [9, 9, '9'],
        [0, 9, '0123456789'],
      ] as const) {
        const file = await storage.open(key, never, { from, to });
        assert.equal(file?.bytes, 10);
        assert.equal((await buffer(file.content)).toString(), content);
      }
    });

    test('more files than a page has are listed in the order of their keys, no set is divided, and all of 2,500 keys are removed, though most are missing', async () => {
      const token = randomBytes(16).toString('hex');
      const keys = Array.from({ length: 550 }, (_, i) => {
        const set = ((i * 7_919) % 65_536).toString(32).padStart(4, '0').padEnd(16, 'v');
        return [`${token}/${set}/full.jpg`, `${token}/${set}/thumb.jpg`];
      }).flat();
      for (let at = 0; at < keys.length; at += 100)
        await Promise.all(keys.slice(at, at + 100).map((key) => put(key, Buffer.from(key))));
      const pages = await Array.fromAsync(storage.list(`${token}/`, never));
      const found = pages.flat();
      assert.deepEqual(
        found.map(({ key }) => key),
        keys.toSorted(),
      );
      assert.ok(found.every(({ key, bytes }) => bytes === key.length));
      assert.ok(pages.length > 1 && pages.every((page) => page.length % 2 === 0));
      const [after = ''] = keys.toSorted().slice(1_000);
      assert.deepEqual(
        (await listed(storage, `${token}/`, after)).map(({ key }) => key),
        keys.toSorted().slice(1_001),
      );
      const missing = Array.from({ length: 1_400 }, newKey);
      await storage.remove([...keys.slice(1), ...missing, ...keys.slice(0, 1)], never);
      assert.deepEqual(await listed(storage, `${token}/`), []);
      await storage.remove(keys, never);
    });

    test('each call ends with its signal, before it begins and while it runs', async () => {
      const key = newKey();
      await put(key, Buffer.from('there'));
      const file = await keeping(Buffer.from('x'));
      const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => storage.put(newKey(), file, signal),
        (signal) => storage.sizesOf([key], signal),
        (signal) => storage.look(key, signal),
        async (signal) => (await storage.open(key, signal))?.content.destroy(),
        (signal) => storage.remove([newKey()], signal),
        (signal) => Array.fromAsync(storage.list('', signal)),
        (signal) => storage.probe(signal),
      ];
      const reason = new Error('the caller has ended');
      for (const call of calls) {
        await assert.rejects(call(AbortSignal.abort(reason)), reason);
        const ending = new AbortController();
        const running = call(ending.signal);
        ending.abort(reason);
        await running.catch((error: unknown) => assert.equal(error, reason));
      }
    });

    test('whoever goes away while he reads leaves nothing open', async () => {
      const key = newKey();
      await put(key, randomBytes(5_000_000));
      const file = await storage.open(key, never);
      for await (const _ of file?.content ?? []) break;
      assert.ok(file?.content.destroyed);
    });
  });
}

/** A key of a tenant and a set that are new. */
export function newKey(): StorageKey {
  const bits = BigInt(`0x${randomBytes(10).toString('hex')}`);
  return `${randomBytes(16).toString('hex')}/${bits.toString(32).padStart(16, '0')}/a.jpg`;
}

async function listed(storage: Storage, prefix: string, after?: string): Promise<Listed[]> {
  return (await Array.fromAsync(storage.list(prefix, never, after))).flat();
}
