import { readFileSync } from 'node:fs';

/** The version in package.json, which lies one folder up from src/ and from dist/. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** How Minilab names itself to the hosts that it asks for images. */
export function userAgentOf(publicUrl: string): string {
  return `minilab/${VERSION} (+${publicUrl})`;
}
