// `prepack`: emits JavaScript and types into dist/.
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync('../../node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
copyFileSync('../../LICENSE', 'LICENSE');
