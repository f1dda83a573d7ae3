import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from 'undici';
import { readConfig } from '../../src/config.ts';
import { createGuard } from '../../src/net/guard.ts';
import { createResolver, LookupFailed } from '../../src/net/resolver.ts';
import { networkProblem } from '../../src/pipeline/download/network-problems.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { newFolder } from '../support/folder.ts';
import { startOrigin } from '../support/origin.ts';

const RCODES: Record<string, number> = { servfail: 2, refused: 5, nxdomain: 3, empty: 0 };

/** A DNS server that answers with the code that a name begins with, or with 127.0.0.1 to questions for A alone. */
async function startDns(): Promise<AsyncDisposable & { resolver: Resolver }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const kind = query.toString('latin1', 13, 13 + (query[12] ?? 0));
    const isForA = query[query.indexOf(0, 12) + 2] === 1;
    if (kind === 'silent' || (kind === 'half' && !isForA)) return;
    const answer = Buffer.from(query.subarray(0, query.indexOf(0, 12) + 5));
    answer.writeUInt16BE(0x8180 | (RCODES[kind] ?? 0), 2);
    answer.writeUInt32BE(0, 8);
    answer.writeUInt16BE(kind === 'half' ? 1 : 0, 6);
    const record = Buffer.from('c00c000100010000000000047f000001', 'hex');
    socket.send(kind === 'half' ? Buffer.concat([answer, record]) : answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    resolver,
    async [Symbol.asyncDispose]() {
      resolver.cancel();
      socket.close();
      await once(socket, 'close');
    },
  };
}

async function failureOf(host: string, resolver: Resolver, connectMs = 5_000): Promise<ImageProblem> {
  const bounds = { totalMs: 10_000, connectMs, headersMs: 5_000, idleMs: 5_000 };
  const guard = createGuard({ ...readConfig({}), bounds }, createResolver(resolver));
  const error: unknown = await request(`http://${host}/`, { dispatcher: guard.agent }).catch(
    (reason: unknown) => reason,
  );
  await guard.close();
  const problem = networkProblem(error);
  assert.ok(problem instanceof ImageProblem, String(problem));
  return problem;
}

test('each of several lookups at once finds a name that only the hosts file has, also after a change of the file', async () => {
  await using dns = await startDns();
  await using folder = await newFolder();
  const path = join(folder.path, 'hosts');
  const resolve = createResolver(dns.resolver, path);
  for (const [name, address] of [
    ['nxdomain.intranet', '10.0.0.1'],
    ['nxdomain.other', '10.0.0.22'],
  ] as const) {
    await writeFile(path, `${address} ${name}\n`);
    const found = await Promise.all([resolve(name), resolve(name), resolve(name)]);
    assert.deepEqual(found, [[address], [address], [address]]);
  }
});

test('failures of a name or its DNS servers are reported as such, not as a failure to connect', async () => {
  await using dns = await startDns();
  const told: Record<string, string> = {};
  for (const kind of ['nxdomain', 'empty', 'servfail', 'refused', 'silent']) {
    const { code, detail } = await failureOf(`${kind}.shop.example`, dns.resolver);
    told[kind] = [code, detail].filter(Boolean).join(': ');
  }
  assert.deepEqual(told, {
    nxdomain: 'dns_failed',
    empty: 'dns_failed: the name has no address',
    servfail: "dns_failed: the domain's DNS servers fail (SERVFAIL)",
    refused: 'dns_failed: the DNS server refused the query (REFUSED)',
    silent: 'dns_failed: the DNS server did not answer',
  });
});

test('a lookup that takes longer than the limit is a failure of DNS', async () => {
  await using dns = await startDns();
  const slow = new Resolver({ timeout: 2_000, tries: 3 });
  slow.setServers(dns.resolver.getServers());
  const { code, detail } = await failureOf('silent.shop.example', slow, 400);
  assert.deepEqual([code, detail], ['dns_failed', 'the DNS server did not answer within 0.4 s']);
  slow.cancel();
});

test('without a DNS server the lookup fails, not the connection', async () => {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers(['127.0.0.1:1']);
  const { code } = await failureOf('shop.example', resolver);
  assert.equal(code, 'dns_failed');
});

test('a DNS server that drops AAAA queries delays a name by half a second only', async () => {
  await using dns = await startDns();
  const slow = new Resolver({ timeout: 20_000, tries: 1 });
  slow.setServers(dns.resolver.getServers());
  await using origin = await startOrigin(() => Buffer.from('here'));
  const { port } = new URL(origin.url);
  const guard = createGuard(readConfig({ ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' }), createResolver(slow));
  const { body } = await request(`http://half.shop.example:${port}/`, { dispatcher: guard.agent });
  assert.equal(await body.text(), 'here');
  await guard.close();
  slow.cancel();
});

test('an error of a lookup keeps the code of c-ares', async () => {
  await using dns = await startDns();
  const failing = createResolver(dns.resolver)('servfail.shop.example');
  await assert.rejects(failing, (error) => error instanceof LookupFailed && error.code === 'ESERVFAIL');
});
