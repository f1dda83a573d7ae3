import { purgeFiles } from '../batches/purge.ts';
import { type Finding, type Verified, verifyStorage } from '../batches/verify/verify.ts';
import { Problem } from '../errors.ts';
import { publicId } from '../ids.ts';
import { interruptible } from './interrupt.ts';
import { EXIT, plural, printJson, say } from './output.ts';
import { readAge, withStorage } from './storage.ts';

export type VerifyFlags = {
  sample: string;
  deep: boolean;
  forget: boolean;
  olderThan: string;
  json: boolean;
};

/** The fields of the last line when there is no result. */
export const NOT_VERIFIED = { ok: false };

/** `minilab verify`: compares the storage with the database. */
export async function verify({ sample, deep, forget, olderThan, json }: VerifyFlags): Promise<number> {
  const options = {
    sample: readSample(sample),
    olderThanMs: readAge(olderThan),
    isDeep: deep,
    forgets: forget,
  };
  const startedAt = performance.now();
  const onFinding = (finding: Finding): void => {
    if (json) printJson(findingBody(finding));
    else process.stdout.write(`${findingLine(finding)}\n`);
  };
  return await interruptible((signal) =>
    withStorage('verify', signal, async (db, storage) => {
      const verified = await verifyStorage(db, storage, { ...options, signal, onFinding });
      if (forget) await purgeFiles(db, storage, signal);
      const seconds = Math.round(performance.now() - startedAt) / 1000;
      if (json) printJson(verifiedBody(verified, seconds));
      else sayVerified(verified);
      return isWell(verified) ? EXIT.ok : EXIT.someFailed;
    }),
  );
}

function readSample(text: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text) ?? [];
  const part = Number(percent) / 100;
  if (part >= 0 && part <= 1) return part;
  throw new Problem('bad_request', {
    detail: `--sample is "${text}", and must be a percentage such as 1% or 0.1%.`,
  });
}

/** Orphans cost money, and break nothing. */
function isWell({ found }: Verified): boolean {
  return found.missing + found.size + found.sha256 === 0;
}

function findingBody(finding: Finding): object {
  const { is, key } = finding;
  if ('listed' in finding) {
    const { bytes, modifiedAt } = finding.listed;
    return { finding: is, key, bytes, modified_at: modifiedAt.toISOString() };
  }
  const { recorded, found } = finding;
  return { finding: is, key, bytes: recorded.bytes, sha256: recorded.sha256, found };
}

const WORDS: Record<Finding['is'], string> = {
  missing: 'missing',
  size: 'other size',
  sha256: 'other bytes',
  orphan: 'orphan',
  unfinished: 'unfinished',
};

function findingLine(finding: Finding): string {
  const line = `${WORDS[finding.is].padEnd(11)}  ${finding.key}`;
  if (finding.is !== 'size' || !('found' in finding)) return line;
  return `${line}  ${finding.found.bytes} bytes instead of ${finding.recorded.bytes}`;
}

function verifiedBody(verified: Verified, seconds: number): object {
  const { files, compared, found, young, forgottenSets, batchIds } = verified;
  return {
    ok: isWell(verified),
    files,
    sha256_compared: compared,
    missing: found.missing,
    other_size: found.size,
    other_sha256: found.sha256,
    orphans: found.orphan,
    unfinished: found.unfinished,
    young,
    forgotten_sets: forgottenSets,
    batches: [...batchIds].map((id) => publicId('bat', id)),
    seconds,
  };
}

function sayVerified({ files, compared, found, young, forgottenSets, batchIds }: Verified): void {
  const { missing, size, sha256, orphan, unfinished } = found;
  say(
    `${plural(files, 'file')} recorded, the SHA-256 of ${compared.toLocaleString('en')} compared: ` +
      `${missing} missing, ${size} of another size, ${sha256} of other bytes. Without a row: ` +
      `${plural(orphan, 'orphan')}, ${plural(unfinished, 'unfinished file')}, ${young} too young to tell.`,
  );
  if (forgottenSets > 0)
    say(`${plural(forgottenSets, 'set')} of files forgotten: the next run of the sources makes them again.`);
  if (batchIds.size > 0) say('Batches with images that have no files now:');
  for (const id of batchIds) say(`  ${publicId('bat', id)}`);
}
