import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { Report } from '../programs/hostile-network.ts';
import { runToEnd } from '../support/processes.ts';
import { newFolder } from '../support/folder.ts';

const PROGRAM = join(import.meta.dirname, '..', 'programs', 'hostile-network.ts');
const CONTROLS = ['93.184.215.14', '2606:4700::1'];
const NAMESPACE = ['--map-root-user', '--net', '--mount'];

/** Why there is no namespace on this machine, if so. */
const NO_NAMESPACE = ((): string | false => {
  try {
    const command = 'ip link set lo up && mount --bind /dev/null /etc/resolv.conf';
    execFileSync('unshare', [...NAMESPACE, 'sh', '-c', command], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `this machine gives no network namespace: ${(error as Error).message.trim()}`;
  }
})();

describe(
  'in a network where every address that must not be reached is really there',
  { skip: NO_NAMESPACE },
  () => {
    let report: Report;
    before(async () => {
      await using folder = await newFolder();
      const resolvConf = join(folder.path, 'resolv.conf');
      await writeFile(resolvConf, 'nameserver 127.0.0.1\n');
      const command = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
      const args = [...NAMESPACE, 'sh', '-c', command, resolvConf, process.execPath, PROGRAM];
      report = JSON.parse(await runToEnd('unshare', args)) as Report;
    });

    test('not one connection arrives at them, in whatever way they are asked for', (t) => {
      const { special, attacks } = report;
      t.diagnostic(`${attacks.downloads.length} downloads, ${special.length} addresses`);
      assert.ok(special.length >= 20, special.join());
      assert.deepEqual(new Set(Object.keys(attacks.reached)), new Set(CONTROLS)); // these redirect to them
    });

    test('the answer for each of them is the same', () => {
      assert.deepEqual(
        new Set(report.attacks.downloads.map(({ end }) => end)),
        new Set([
          'address_denied: The address is in a network or on a port that images may not be downloaded from. The operator of Minilab allows networks with ALLOWED_PRIVATE_NETWORKS and ports with ALLOWED_PORTS.',
        ]),
      );
    });

    test('public addresses in the same network are reached, by literal, name and redirect', () => {
      for (const { url, end } of report.controls.downloads)
        assert.match(end, url.startsWith('https:') ? /^tls_failed/ : /^an image$/, url);
      for (const address of CONTROLS) assert.ok((report.controls.reached[address] ?? 0) >= 7, address);
    });

    test('an operator may allow networks, and metadata addresses in them stay refused', () => {
      const images = report.allowed.downloads.filter(({ end }) => end === 'an image').map(({ url }) => url);
      assert.deepEqual(images, ['http://10.0.0.5/', 'http://[fd00::1]/']);
      assert.deepEqual(new Set(Object.keys(report.allowed.reached)), new Set(['10.0.0.5', 'fd00::1']));
    });

    test('no proxy of the environment is used', () => {
      assert.equal(report.proxied, 0);
    });

    test('minilab fetch shows what a share link was rewritten to', () => {
      assert.deepEqual(report.shareLink, {
        url: 'https://drive.google.com/uc?export=download&id=1AbC',
        rewritten_from: 'https://drive.google.com/file/d/1AbC/view?usp=sharing',
      });
    });
  },
);
