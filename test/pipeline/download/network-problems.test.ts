import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { test } from 'node:test';
import { errors, request } from 'undici';
import { readConfig } from '../../../src/config.ts';
import { createGuard } from '../../../src/net/guard.ts';
import { networkProblem, bodyProblem } from '../../../src/pipeline/download/network-problems.ts';
import { ImageProblem } from '../../../src/pipeline/problems.ts';
import { selfSigned } from '../../support/certificate.ts';

test('a mistake of ours, or trouble of our machine, does not count against the host', () => {
  const own = [
    new TypeError("Cannot read properties of undefined (reading 'url')"),
    new errors.InvalidArgumentError('invalid path'),
    new errors.ClientDestroyedError(),
    Object.assign(new Error('connect EMFILE'), { code: 'EMFILE', syscall: 'connect' }),
    Object.assign(new Error('connect ENOMEM'), { code: 'ENOMEM', syscall: 'connect' }),
  ];
  for (const error of own) {
    assert.equal(networkProblem(error), error);
    assert.equal(bodyProblem(error), error);
  }
  assert.ok(!(networkProblem('thrown') instanceof ImageProblem));
});

test('errors of the network become problems of the image, with the system’s code', () => {
  const system = (code: string): Error => Object.assign(new Error(code), { code });
  const codes = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ETIMEDOUT', 'EACCES'];
  for (const code of codes) {
    const problem = networkProblem(system(code));
    assert.ok(problem instanceof ImageProblem);
    assert.deepEqual([problem.code, problem.detail], ['connect_failed', code]);
    const inBody = bodyProblem(system(code));
    assert.ok(inBody instanceof ImageProblem && inBody.code === 'truncated_download');
  }
});

async function secureProblem(server: Server): Promise<string> {
  server.on('tlsClientError', () => {}).on('sessionError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const guard = createGuard(readConfig({ ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' }));
  const url = `https://localhost:${port}/`;
  const error: unknown = await request(url, { dispatcher: guard.agent }).catch((reason: unknown) => reason);
  await guard.close();
  server.close();
  const problem = networkProblem(error);
  assert.ok(problem instanceof ImageProblem, String(problem));
  return `${problem.code}: ${problem.detail}`;
}

test('the detail says what is wrong with a TLS connection', async () => {
  const tls = (options: TlsOptions = {}): Server => createServer({ ...selfSigned(), ...options });
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  assert.match(await secureProblem(tls()), /^tls_failed: the certificate is self-signed: /);
  assert.match(await secureProblem(tls(old)), /^tls_failed: the host supports no TLS version from 1\.2 on: /);
  assert.match(
    await secureProblem(createSecureServer(selfSigned())),
    /^tls_failed: the host supports only HTTP\/2: /,
  );
  const expired = selfSigned({ until: new Date('2021-01-01') });
  assert.match(await secureProblem(tls(expired)), /^tls_failed: the certificate /);
});
