/** A real browser from npm alone: it runs as root, headless, and without anything installed by hand. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'chromium');
/** The pack is made for functions in a cloud. These of its flags switch off what we test: processes apart, CSP, CORS. */
const DROPPED = new Set([
  '--single-process',
  '--no-zygote',
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--disable-site-isolation-trials',
]);

/** Why there is no browser here; undefined if there is one. For the `skip` of a test. */
export const NO_BROWSER: string | undefined =
  process.env['CHROMIUM'] !== undefined || (process.platform === 'linux' && process.arch === 'x64')
    ? undefined
    : 'the browser from npm runs on Linux x64 only; CHROMIUM=/path/to/chromium uses another one';

let launched: Promise<Browser> | undefined;

/** One browser for all tests of a process. */
export function browser(): Promise<Browser> {
  launched ??= launch();
  return launched;
}

export async function closeBrowser(): Promise<void> {
  await (await launched)?.close();
  launched = undefined;
}

async function launch(): Promise<Browser> {
  const own = process.env['CHROMIUM'];
  if (own !== undefined) return chromium.launch({ executablePath: own, args: ['--no-sandbox'] });
  const { executablePath, args } = await unpack();
  return chromium.launch({ executablePath, args });
}

/** Inflates Chromium and its libraries once for all runs. */
async function unpack(): Promise<{ executablePath: string; args: string[] }> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = CACHE; // the pack inflates into os.tmpdir(), and trusts what is there
  mkdirSync(CACHE, { recursive: true });
  try {
    const { default: pack, inflate, setupLambdaEnvironment } = await import('@sparticuz/chromium');
    const executablePath = await pack.executablePath();
    await inflate(fileURLToPath(new URL('../bin/al2023.tar.br', import.meta.resolve('@sparticuz/chromium'))));
    setupLambdaEnvironment(join(CACHE, 'al2023', 'lib'));
    return { executablePath, args: pack.args.filter((arg) => !DROPPED.has(arg)) };
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
