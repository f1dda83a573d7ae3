/** A real browser from npm alone: it runs as root, headless, and without anything installed by hand. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'chromium');
/**
 * The pack is made for functions in a cloud. Some of its flags switch off what we test: processes apart, CSP, CORS.
 * Others draw by an emulated GPU, which takes seconds for a picture that is drawn without one in a tenth.
 */
const DROPPED = new Set([
  '--single-process',
  '--no-zygote',
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--disable-site-isolation-trials',
  '--ignore-gpu-blocklist',
  '--in-process-gpu',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
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

/**
 * Inflates Chromium and its libraries once for all runs. Several files of a first run do so at the same time, and
 * the pack trusts whatever it finds: so each has a folder of its own, and the first one that is whole stays.
 */
async function unpack(): Promise<{ executablePath: string; args: string[] }> {
  const { default: pack, setupLambdaEnvironment } = await import('@sparticuz/chromium');
  if (!existsSync(CACHE)) {
    const own = `${CACHE}-${process.pid}`;
    await inflateInto(own);
    try {
      renameSync(own, CACHE);
    } catch {
      rmSync(own, { recursive: true, force: true }); // another one was first
    }
  }
  const executablePath = await inflateInto(CACHE);
  setupLambdaEnvironment(join(CACHE, 'al2023', 'lib'));
  useFonts();
  return { executablePath, args: [...pack.args.filter((arg) => !DROPPED.has(arg)), '--disable-gpu'] };
}

/** @returns the path of Chromium in the folder */
async function inflateInto(folder: string): Promise<string> {
  const { default: pack, inflate } = await import('@sparticuz/chromium');
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder; // the pack inflates into os.tmpdir()
  mkdirSync(folder, { recursive: true });
  try {
    const executablePath = await pack.executablePath();
    await inflate(fileURLToPath(new URL('../bin/al2023.tar.br', import.meta.resolve('@sparticuz/chromium'))));
    return executablePath;
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

/** The pack's own fonts.conf knows the folders of such functions only; without any font Chromium ends with SIGTRAP. */
function useFonts(): void {
  const fonts = join(CACHE, 'fonts', 'fonts');
  const file = join(CACHE, 'fonts.conf');
  const families = ['monospace', 'sans-serif', 'serif', 'system-ui']
    .map((family) => `<alias><family>${family}</family><prefer><family>Open Sans</family></prefer></alias>`)
    .join('');
  const cache = `<cachedir>${join(CACHE, 'fonts-cache')}</cachedir>`;
  writeFileSync(file, `<fontconfig><dir>${fonts}</dir>${cache}${families}</fontconfig>`);
  process.env['FONTCONFIG_FILE'] = file;
}
