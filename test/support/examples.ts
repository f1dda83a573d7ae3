/** The code blocks of documents, which tests run. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The code blocks of a language in Markdown; '' are those without one. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code = '']) => code);
}

/** Why an example that needs a program is skipped here, if so. */
export async function missing(program: string): Promise<string | false> {
  return promisify(execFile)(program, ['--version']).then(
    () => false,
    () => `${program} is not installed`,
  );
}
