/** Files that are made from the document, and committed. */
import { join } from 'node:path';
import { clientTypes } from '../packages/client/generate.ts';
import type { ApiDocument } from './document.ts';
import { postmanCollection } from './postman.ts';

const ROOT = join(import.meta.dirname, '..');

export const STORED_DOCUMENT = join(ROOT, 'docs', 'openapi.json');

/** The content of each file, by its path. */
export async function artifactsOf(document: ApiDocument): Promise<Record<string, string>> {
  return {
    [STORED_DOCUMENT]: json(document),
    [join(ROOT, 'docs', 'postman.json')]: json(postmanCollection(document)),
    [join(ROOT, 'packages', 'client', 'src', 'schema.ts')]: await clientTypes(document),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
