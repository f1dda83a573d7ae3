import { stat } from 'node:fs/promises';
import { Problem, systemCode } from '../errors.ts';

/** @param wanted for the sentence: 'a CSV file' @throws Problem `file_unreadable` where there is no such file, or it is none */
export async function refuseUnreadable(file: string, wanted: string): Promise<void> {
  const why = await stat(file).then(
    (found) => (found.isFile() ? undefined : 'is not a file'),
    (error: unknown) =>
      systemCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${systemCode(error)})`,
  );
  if (why) throw new Problem('file_unreadable', { detail: `${file} ${why}. Give the path of ${wanted}.` });
}
