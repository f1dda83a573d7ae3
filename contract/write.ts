/** `npm run openapi`: writes docs/openapi.json and what is made from it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { artifactsOf, STORED_DOCUMENT } from './artifacts.ts';
import { currentDocument } from './document.ts';
import { removals } from './removals.ts';

const document = await currentDocument();
const stored: unknown = existsSync(STORED_DOCUMENT) ? JSON.parse(readFileSync(STORED_DOCUMENT, 'utf8')) : {};
const gone = removals(stored, document);
if (gone.length > 0 && !process.argv.includes('--breaking')) {
  process.stderr.write(
    `This breaks clients of the API:\n- ${gone.join('\n- ')}\n\nIf it must be: npm run openapi -- --breaking, and a line in CHANGELOG.md.\n`,
  );
  process.exit(1);
}
for (const [path, content] of Object.entries(await artifactsOf(document))) writeFileSync(path, content);
process.exit(0);
