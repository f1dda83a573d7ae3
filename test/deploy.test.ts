/** What docs/deploy.md has one copy: settings, services and proxies, read by those who will read them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readConfig } from '../src/config.ts';
import { newFolder } from './support/folder.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '..', 'docs', 'deploy.md'), 'utf8');

/** The first block of a language that has this text. */
function blockOf(language: string, text: string): string {
  const blocks = [...DOCUMENT.matchAll(/^```(\w+)\n([^]*?)^```$/gm)];
  const found = blocks.find(([, is, block = '']) => is === language && block.includes(text));
  assert.ok(found?.[2], `${language} with ${text}`);
  return found[2];
}

test('the settings of the machines are settings, and valid', () => {
  const lines = blockOf('sh', '/etc/minilab/env').match(/^[A-Z_0-9]+=.*$/gm) ?? [];
  const said = Object.fromEntries(lines.map((line) => /^(\w+)='([^']*)'$/.exec(line)?.slice(1) ?? []));
  said['SECRETS_KEY'] = Buffer.alloc(32, 1).toString('base64');
  const { unknownSettings, databaseUrl, migrates, isExposed, storage, trustProxy } = readConfig(said);
  assert.deepEqual(unknownSettings, []);
  assert.deepEqual([migrates, isExposed, trustProxy], [false, true, ['10.0.0.10']]);
  assert.deepEqual([databaseUrl, storage.is], [said['DATABASE_URL'], 'bucket']);
});

const UNIT = blockOf('ini', 'ExecStart');

test('the service stops in good order, and is started again', () => {
  const sections = Object.fromEntries(
    UNIT.split(/^\[(?=\w+\]$)/m)
      .slice(1)
      .map((section) => {
        const [name = '', ...lines] = section.trim().split('\n');
        return [name.slice(0, -1), Object.fromEntries(lines.map((line) => line.split(/=(.*)/).slice(0, 2)))];
      }),
  ) as Record<string, Record<string, string>>;
  assert.deepEqual(Object.keys(sections), ['Unit', 'Service', 'Install']);
  const { Service } = sections;
  assert.deepEqual(
    [Service?.['KillMode'], Service?.['Restart'], Service?.['StateDirectory']],
    ['mixed', 'always', 'minilab'],
  );
  assert.ok(Number(Service?.['TimeoutStopSec']) > 30, 'images in hand have 20 s, recording them 10');
});

test('systemd understands every line of the service', async (t) => {
  const run = promisify(execFile);
  if (
    await run('systemd-analyze', ['--version']).then(
      () => false,
      () => true,
    )
  )
    return t.skip('there is no systemd-analyze here');
  await using folder = await newFolder();
  const file = join(folder.path, 'minilab-serve.service');
  await writeFile(
    file,
    UNIT.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`).replace('User=minilab\n', ''),
  );
  const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', file]);
  assert.doesNotMatch(stdout + stderr, /minilab-serve/);
});
