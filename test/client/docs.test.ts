/** The examples of docs/client.md, run against a real server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { newSecret, sign } from '../../src/webhooks/signing.ts';
import { migratedDatabase } from '../support/database.ts';
import { codeBlocks, missing } from '../support/examples.ts';
import { newFolder } from '../support/folder.ts';
import { startMinilab } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const CLIENT = pathToFileURL(join(ROOT, 'packages', 'client', 'src', 'index.ts')).href;
const PAGE = readFileSync(join(ROOT, 'docs', 'client.md'), 'utf8');

const examples = (language: string): string[] => codeBlocks(PAGE, language);
const NO_CURL = await missing('curl');
const NO_PYTHON = await missing('python3');

describe('docs/client.md', () => {
  const stack = new AsyncDisposableStack();
  let folder: string;
  let url: string;
  let csv: string;

  before(async () => {
    const picture = await smallPicture(1);
    const origin = stack.use(await startOrigin((path) => (path === '/1.jpg' ? picture : undefined)));
    ({ path: folder } = stack.use(await newFolder()));
    const settings = { DATA_DIR: join(folder, 'data'), DATABASE_URL: await migratedDatabase() };
    ({ url } = stack.use(await startMinilab('serve', settings)));
    csv = `SKU,Product Name,Input Image Urls\n1,A,"${origin.url}/1.jpg,${origin.url}/2.jpg"\n`;
  });

  after(() => stack.disposeAsync());

  /** Runs an example in a folder with catalog.csv, and checks the output.csv that it writes. */
  async function runExample(code: string, name: string, command: string[]): Promise<string> {
    const cwd = join(folder, name);
    await mkdir(cwd);
    await writeFile(join(cwd, 'catalog.csv'), csv);
    const here = code.replaceAll('http://127.0.0.1:3000', url).replaceAll("'minilab-client'", `'${CLIENT}'`);
    await writeFile(join(cwd, name), here);
    const [program = '', ...args] = command;
    const { stdout } = await run(program, [...args, name], { cwd });
    const output = await readFile(join(cwd, 'output.csv'), 'utf8');
    assert.match(output, /\/files\/.*2:not_found/s);
    return stdout;
  }

  test('curl', { skip: NO_CURL }, async () => {
    const [code = ''] = examples('sh');
    assert.match(await runExample(code, 'example.sh', ['sh', '-eu']), /"error_code":"not_found"/);
  });

  test('TypeScript', async () => {
    const [code = ''] = examples('ts');
    const said = await runExample(code, 'example.ts', [process.execPath, '--no-warnings']);
    assert.match(said, /completed_with_errors/);
    assert.match(said, /2\.jpg not_found/);
  });

  test('TypeScript: a receiver of webhooks', async () => {
    const [, code = ''] = examples('ts');
    const path = join(folder, 'receiver.ts');
    const secret = newSecret();
    const message = {
      id: 'evt_1',
      at: Date.now(),
      body: '{"type":"batch.completed","data":{"batch":{"id":"bat_1"}}}',
    };
    const call = `
server.listen(0, async () => {
  const url = \`http://127.0.0.1:\${server.address().port}\`;
  const init = { method: 'POST', body: ${JSON.stringify(message.body)} };
  const headers = ${JSON.stringify(sign(secret, message))};
  console.log((await fetch(url, { ...init, headers })).status, (await fetch(url, init)).status);
  server.close();
});`;
    const here = code.replaceAll("'minilab-client'", `'${CLIENT}'`).replace(/whsec_\w+/, secret);
    await writeFile(path, here + call);
    const { stdout } = await run(process.execPath, ['--no-warnings', path]);
    assert.match(stdout, /completed: bat_1/);
    assert.match(stdout, /204 401/);
  });

  test('Python', { skip: NO_PYTHON }, async () => {
    const [code = ''] = examples('python');
    const said = await runExample(code, 'example.py', ['python3']);
    assert.match(said, /completed_with_errors/);
    assert.match(said, /2\.jpg not_found/);
  });

  test('Python: verifying a webhook', { skip: NO_PYTHON }, async () => {
    const [, code = ''] = examples('python');
    const secret = newSecret();
    const body = '{"type":"batch.completed"}';
    const headers = sign(secret, { id: 'evt_1', at: Date.now(), body });
    const path = join(folder, 'verify.py');
    const call = (body: string): string =>
      `print(verify(${JSON.stringify(secret)}, ${JSON.stringify(headers)}, ${JSON.stringify(body)}.encode()))\n`;
    await writeFile(path, `${code}\n${call(body)}${call(`${body} `)}`);
    const { stdout } = await run('python3', [path]);
    assert.equal(stdout, 'True\nFalse\n');
  });
});
