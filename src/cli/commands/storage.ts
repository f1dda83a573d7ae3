import type { Command } from 'commander';
import { end } from '../end.ts';
import { withJsonErrors } from '../output.ts';
import type { VerifyFlags } from '../verify.ts';

/** Where files are kept: orphans, verification, moving. */
export function addStorageCommands(program: Command): void {
  program
    .command('sweep-storage')
    .description('remove orphans: files that no image refers to; workers do this once a day')
    .option('--older-than <DURATION>', 'younger files may belong to images in progress', '48h')
    .action(async (options: { olderThan: string }) => {
      const { sweepNow } = await import('../sweep-storage.ts');
      await end(sweepNow(options));
    });

  program
    .command('verify')
    .description('compare the storage with the database: missing, damaged and orphaned files')
    .option('--sample <PERCENT>', 'compare the SHA-256 of this part of the files, such as 1%', '100%')
    .option('--deep', 'read the files for it; without it, only a bucket knows an SHA-256', false)
    .option('--forget', 'delete sets with missing or damaged files: the next run makes them again', false)
    .option('--older-than <DURATION>', 'younger files without a row are no orphans', '48h')
    .option('--json', 'print one JSON object for each finding, and one with the counts', false)
    .action(async (options: VerifyFlags) => {
      const { NOT_VERIFIED, verify } = await import('../verify.ts');
      await end(withJsonErrors(options.json, NOT_VERIFIED, () => verify(options)));
    });

  program
    .command('copy-storage')
    .description('copy all files into another storage, while workers go on; again, it copies what is missing')
    .argument('<FROM>', 'a URL as in STORAGE_URL: file:///srv/files or s3://bucket/prefix; or a folder')
    .argument('<TO>')
    .action(async (from: string, to: string) => {
      const { copyFiles } = await import('../copy-storage.ts');
      await end(copyFiles(from, to));
    });
}
