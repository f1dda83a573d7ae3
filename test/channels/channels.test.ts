import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkChannel } from '../../src/channels/check.ts';
import { Problem } from '../../src/errors.ts';
import { type Api, startApi } from '../support/api.ts';
import { json } from '../support/minilab.ts';

type Channel = { name: string; title: string; built_in: boolean; rules: Record<string, unknown>[] };

/** The flaws of a channel, as `pointer detail`. */
function flawsOf(input: unknown, name = 'mine'): string[] {
  try {
    checkChannel(name, input);
    return [];
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'channel_invalid');
    return error.flaws.map((flaw) => ('at' in flaw ? `${flaw.at} ${flaw.detail}` : ''));
  }
}

test('all flaws of a channel are reported at once, in plain words', () => {
  const rules = [
    { rule: 'no_text' },
    { rule: 'min_sides' },
    { rule: 'max_bytes', at_least: 3, at_most: 5 },
    { rule: 'fill', at_least: 0.9, at_most: 0.8 },
    { rule: 'plain', from: '2027-02-01', until: '2027-01-01', colour: '#FFFFFF' },
    { rule: 'background_white', colour: '#f2f3f4', from: '2027-02-01', until: '2027-01-01' },
  ];
  const flaws = flawsOf({ rules, titel: 'x' });
  assert.ok(flaws.some((flaw) => flaw.startsWith('/rules/0/rule It must be one of min_sides,')));
  assert.deepEqual(flaws.filter((flaw) => !flaw.startsWith('/rules/0')).toSorted(), [
    ' There is no field "titel".',
    '/rules/1 min_sides needs "at_least".',
    '/rules/2/at_least max_bytes has no "at_least".',
    '/rules/3/at_most It must not be less than at_least.',
    '/rules/4/colour It must be #rrggbb in small letters.',
    '/rules/5/until It must not be before from.',
  ]);
  assert.deepEqual(flawsOf({ rules: [] }), ['/rules It must have 1 or more entries.']);
  assert.match(flawsOf({ rules: [{ rule: 'plain' }] }, 'Mine')[0] ?? '', /^\/name A name begins/);
});

describe('/v1/channels', () => {
  let api: Api;
  before(async () => (api = await startApi()));
  after(() => api[Symbol.asyncDispose]());

  const call = (method: string, name = '', body?: object): Promise<Response> =>
    fetch(`${api.url}/v1/channels${name && `/${name}`}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  const codeOf = async (answer: Promise<Response>): Promise<string> =>
    `${(await answer).status} ${(await json<{ code: string }>(answer)).code}`;

  test('lists the built-in ones, then your own, which can be added, replaced and removed', async () => {
    const names = async (): Promise<string[]> =>
      (await json<{ items: Channel[] }>(call('GET'))).items.map(({ name }) => name);
    const builtin = await names();
    assert.equal(builtin.length, 12);
    assert.deepEqual(await json<Channel>(call('PUT', 'ours', { rules: [{ rule: 'plain' }] })), {
      ...{ name: 'ours', title: 'ours', built_in: false },
      rules: [{ rule: 'plain', level: 'must', slots: 'all' }],
    });
    const second = { title: 'Our operator', rules: [{ rule: 'max_bytes', at_most: 5, level: 'should' }] };
    assert.equal((await call('PUT', 'ours', second)).status, 200);
    assert.partialDeepStrictEqual(await json<Channel>(call('GET', 'ours')), second);
    assert.deepEqual(await names(), [...builtin, 'ours']);
    assert.equal((await call('DELETE', 'ours')).status, 204);
    assert.equal(await codeOf(call('GET', 'ours')), '404 not_found');
    assert.equal(await codeOf(call('DELETE', 'ours')), '404 not_found');
  });

  test('built-in ones are read-only, and have their sources', async () => {
    const google = await json<Channel>(call('GET', 'google'));
    assert.equal(google.built_in, true);
    assert.ok(google.rules.every(({ source }) => source));
    assert.equal(await codeOf(call('PUT', 'google', { rules: [{ rule: 'plain' }] })), '409 conflict');
    assert.equal(await codeOf(call('DELETE', 'google')), '409 conflict');
    assert.equal(await codeOf(call('PUT', 'ours', { rules: [] })), '422 channel_invalid');
  });
});
