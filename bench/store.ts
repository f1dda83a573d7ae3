// The store of a benchmark: the S3 test server in a process of its own, so that it may run on another machine and
// its CPU time belongs to nobody else. It sends its settings to its parent, then what it holds whenever it is asked,
// and ends with it.
import { createHash } from 'node:crypto';
import { startS3 } from '../test/support/s3.ts';

const [host = '127.0.0.1'] = process.argv.slice(2);
const s3 = await startS3({ host });

function contents(): Record<string, string> {
  const { objects } = s3;
  const sha256 = (key: string): string =>
    createHash('sha256')
      .update(objects.get(key)?.body ?? '')
      .digest('hex');
  return Object.fromEntries(objects.fileKeys.map((key) => [key, sha256(key)]));
}

process.on('message', () => process.send?.(contents()));
process.on('disconnect', () => process.exit());
process.send?.(s3.settings);
