// `prepack`: emits JavaScript and types into dist/, because Node refuses .ts below node_modules; and the page into dist/web/.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
cpSync('src/pictures/sample.jpg', 'dist/pictures/sample.jpg');
execFileSync(process.execPath, ['scripts/build-page.js', 'dist/web'], { stdio: 'inherit' });
