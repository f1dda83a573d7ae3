import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Api, startApi } from '../support/api.ts';
import { json } from '../support/minilab.ts';

type Answer = { detail: string; errors?: { at: string; detail: string }[] };

/** What is ignored silently would do more than its sender wants: a retry of all images instead of some. */
describe('input that an operation does not use is refused', () => {
  let api: Api;
  before(async () => {
    api = await startApi();
  });
  after(() => api[Symbol.asyncDispose]());

  async function ask(method: string, path: string, body?: string, type = 'application/json') {
    const sent = body === undefined ? {} : { body, headers: { 'content-type': type } };
    const response = await fetch(`${api.url}${path}`, { method, ...sent });
    return { status: response.status, ...(await json<Answer>(response)) };
  }

  test('a body of an operation that has none', async () => {
    const { status, detail } = await ask('POST', '/v1/batches/bat_x/retry', '{"code":"not_found"}');
    assert.equal(status, 400);
    assert.equal(detail, 'This operation takes no body. Send code, host, image, when_ended in the query.');
    assert.equal((await ask('DELETE', '/v1/batches/bat_x', '[1]')).status, 400);
    const form = await ask('POST', '/v1/batches/bat_x/cancel', 'a=1', 'application/x-www-form-urlencoded');
    assert.equal(form.status, 415);
    assert.match(form.detail, /This operation takes no body\.$/);
  });

  test('an empty object, which clients send where there is nothing to say, passes', async () => {
    assert.equal((await ask('POST', '/v1/batches/bat_x/retry', '{}')).status, 404);
    assert.equal((await ask('POST', '/v1/batches/bat_x/retry')).status, 404);
  });

  test('a NUL in a query, before a download begins', async () => {
    const { status, errors } = await ask('GET', '/v1/batches/bat_x/failed.csv?host=a%00b');
    assert.equal(status, 400);
    const detail = 'It must not contain a NUL character.';
    assert.deepEqual(errors, [{ at: 'query.host', code: 'invalid_value', detail }]);
  });

  test('a list without a value', async () => {
    for (const list of ['', ',', ' , ']) {
      const { status, errors } = await ask(
        'POST',
        `/v1/batches/bat_x/retry?code=${encodeURIComponent(list)}`,
      );
      assert.equal(status, 400);
      const detail = 'It must be one or more values, separated by commas.';
      assert.deepEqual(errors, [{ at: 'query.code', code: 'invalid_value', detail }]);
    }
  });

  test('a code that no image can have, which would look like no failure', async () => {
    for (const [method, path] of [
      ['GET', 'images'],
      ['GET', 'sheet'],
      ['GET', 'failed.csv'],
      ['POST', 'retry'],
    ] as const) {
      const { status, errors } = await ask(method, `/v1/batches/bat_x/${path}?code=dns_failed,not_fuond`);
      const detail = 'It has "not_fuond", which is no error code of images. Did you mean "not_found"?';
      assert.deepEqual([status, errors], [400, [{ at: 'query.code', code: 'invalid_value', detail }]], path);
    }
    const { detail } = await ask('GET', '/v1/batches/bat_x/images?code=bogus');
    assert.match(detail, /There are invalid_url, row_rejected, /);
  });

  test('an image to retry that is none', async () => {
    const { status, errors } = await ask(
      'POST',
      '/v1/batches/bat_x/retry?image=bat_01h455vb4pex5vsknk084sn02q',
    );
    const detail = 'It has "bat_01h455vb4pex5vsknk084sn02q", which is no id of an image.';
    assert.deepEqual([status, errors], [400, [{ at: 'query.image', code: 'invalid_value', detail }]]);
  });

  test('a cursor, an event id, a state and an id that are none, each with its place', async () => {
    for (const [path, at, detail] of [
      ['/v1/batches?cursor=-1', 'query.cursor', 'It must be the next_cursor of the page before.'],
      [
        '/v1/batches/bat_x/events?since=-1',
        'query.since',
        'It must be the id of an event of this stream, or the Last-Event-ID of its states.',
      ],
      [
        '/v1/hosts?state=foo',
        'query.state',
        'It must be one or more of open, held, parked, given_up, slow; "foo" is none.',
      ],
      ['/v1/deliveries?batch=nope', 'query.batch', 'It must be an id such as bat_….'],
    ] as const) {
      const { status, errors } = await ask('GET', path);
      assert.equal(status, 400, path);
      assert.deepEqual(errors, [{ at, code: 'invalid_value', detail }]);
    }
  });

  test('a leap second, which has the format of a time and is none here', async () => {
    const second = '2016-12-31T23:59:60Z';
    const hold = JSON.stringify({ held_until: second });
    const key = JSON.stringify({ name: 'a', scope: 'read', expires_at: second });
    for (const [method, path, at, body] of [
      ['GET', `/v1/audit?since=${second}`, 'query.since'],
      ['GET', `/v1/batches?created_after=${second}`, 'query.created_after'],
      ['PUT', '/v1/hosts/a.example', '/held_until', hold],
      ['POST', '/v1/keys', '/expires_at', key],
    ] as const) {
      const { status, errors } = await ask(method, path, body);
      assert.equal(status, 400, path);
      assert.deepEqual(errors, [{ at, code: 'invalid_value', detail: 'It must not be a leap second.' }]);
    }
  });

  test('the cursor of another list', async () => {
    const cursors = [-1, 1.5, 1e99, {}, [], null, true, '\0', ['a', 1], 'aud_x'].map((value) =>
      Buffer.from(JSON.stringify(value)).toString('base64url'),
    );
    const lists = ['batches', 'deliveries', 'webhooks', 'webhooks/inbox', 'audit', 'keys', 'images?url=x'];
    for (const list of [...lists, 'products?sku=x'])
      for (const cursor of cursors) {
        const { status } = await ask('GET', `/v1/${list}${list.includes('?') ? '&' : '?'}cursor=${cursor}`);
        assert.equal(status, 400, `${list} ${Buffer.from(cursor, 'base64url').toString()}`);
      }
  });

  test('JSON that is sent as a form: the answer says which type is wanted', async () => {
    const { status, detail } = await ask('POST', '/v1/webhooks', '{}', 'application/x-www-form-urlencoded');
    assert.equal(status, 415);
    assert.match(detail, /Send JSON with Content-Type: application\/json\.$/);
  });
});
