import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readConfig } from '../config.ts';
import { Problem } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { addressName, type StorageAddress } from '../storage/address.ts';
import { type Copied, copyStorage } from '../storage/copy.ts';
import { openStorage } from '../storage/open-storage.ts';
import { PROBE_WITHIN_MS, type Storage } from '../storage/storage.ts';
import { interruptible } from './interrupt.ts';
import { EXIT, plural, say, size } from './output.ts';
import { patientFor, sayingWhy } from './storage.ts';

/** `minilab copy-storage FROM TO`: needs no database. */
export async function copyFiles(fromText: string, toText: string): Promise<number> {
  const [from, to] = [addressOf('FROM', fromText), addressOf('TO', toText)];
  if (addressName(from) === addressName(to))
    throw new Problem('bad_request', { detail: 'FROM and TO are the same storage. Give another one.' });
  return await interruptible((signal) => sayingWhy(copyAll(from, to, signal)));
}

/** Buckets on both sides have the same settings (S3_ENDPOINT and others). */
function addressOf(name: string, text: string): StorageAddress {
  const url = /^[a-z0-9]+:\/\//i.test(text) ? text : pathToFileURL(resolve(text)).href;
  try {
    return readConfig({ ...process.env, STORAGE_URL: url, FILES_REDIRECT: 'false' }).storage;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem('bad_settings', {
      detail: error.message.replaceAll('STORAGE_URL', name),
      cause: error,
    });
  }
}

async function copyAll(
  fromAddress: StorageAddress,
  toAddress: StorageAddress,
  signal: AbortSignal,
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const from = patientFor(await openStorage(fromAddress), signal);
  stack.defer(() => from.close());
  await refuseEmpty(from, signal);
  const to = patientFor(await openStorage(toAddress), signal);
  stack.defer(() => to.close());
  await to.probe(AbortSignal.any([signal, AbortSignal.timeout(PROBE_WITHIN_MS)]));
  const folder = join(readConfig().dataDir, 'tmp');
  await makeFolder(folder);
  const temporaryFolder = await mkdtemp(join(folder, 'copy-'));
  stack.defer(() => rm(temporaryFolder, { recursive: true, force: true }));
  return await copyAndCompare(from, to, { temporaryFolder, signal });
}

/** Nothing is copied from a wrong folder, or from a disk that is not mounted: no reason to say that all went well. */
async function refuseEmpty(from: Storage, signal: AbortSignal): Promise<void> {
  for await (const page of from.list('', signal)) if (page.length > 0) return;
  throw new Problem('storage_unavailable', {
    detail: `FROM has no files of Minilab: ${from.name}. Name the place itself; with the defaults it is DATA_DIR/files.`,
  });
}

/** The second round finds what was stored during the first one, and shows that the target lists all of it. */
async function copyAndCompare(
  from: Storage,
  to: Storage,
  { temporaryFolder, signal }: { temporaryFolder: string; signal: AbortSignal },
): Promise<number> {
  const onFlaw = (is: string, key: string): void => void process.stdout.write(`${is}  ${key}\n`);
  const parts = { from, to, temporaryFolder, signal };
  const first = await copyStorage({ ...parts, onFlaw: () => {} });
  sayCopied(first);
  const second = await copyStorage({ ...parts, onFlaw });
  say(
    `Compared: ${plural(second.present, 'file')} of ${from.name} at ${to.name}; ` +
      `${second.copied} stored meanwhile and copied too, ${second.different} different, ${second.damaged} damaged.`,
  );
  return second.different + second.damaged === 0 ? EXIT.ok : EXIT.someFailed;
}

function sayCopied({ copied, bytes, present }: Copied): void {
  say(`${plural(copied, 'file')} copied (${size(bytes)}); ${present.toLocaleString('en')} were there.`);
}
