/** docs/openapi.json and what is made from it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { artifactsOf, STORED_DOCUMENT } from '../../contract/artifacts.ts';
import { type ApiDocument, currentDocument, type Operation } from '../../contract/document.ts';
import { removals } from '../../contract/removals.ts';
import { SCOPES } from '../../src/http/principal.ts';
import { operationIdOf } from '../../src/http/document/operations.ts';
import { REQUEST_PROBLEMS } from '../../src/errors.ts';

const UPDATE = 'If the change is intended, run "npm run openapi" and commit what it writes.';

describe('the document of the API', () => {
  let document: ApiDocument;

  before(async () => {
    document = await currentDocument();
  });

  const operations = (): [string, Operation][] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );

  test('takes nothing from clients that the stored copy promises them', () => {
    const stored: unknown = JSON.parse(readFileSync(STORED_DOCUMENT, 'utf8'));
    assert.deepEqual(removals(stored, document), [], 'BREAKING: see "npm run openapi"');
  });

  test('is the stored copy, and so are the types of the client and the Postman collection', async () => {
    for (const [path, content] of Object.entries(await artifactsOf(document)))
      assert.ok(readFileSync(path, 'utf8') === content, `${relative('.', path)} is not current. ${UPDATE}`);
  });

  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors, null, 2));
    assert.equal(document.openapi, '3.1.0');
  });

  test('says of every operation what it does, who may, and what is answered', () => {
    for (const [name, { summary, tags, security, operationId, responses }] of operations()) {
      assert.match(operationId, /^[a-z][A-Za-z]+$/, name);
      assert.ok(summary, `${name} has no summary`);
      assert.equal(tags.length, 1, name);
      for (const one of security ?? [])
        for (const [scheme, scopes] of Object.entries(one)) {
          assert.ok(document.components.securitySchemes[scheme], name);
          assert.ok(scopes.length === 1 && (SCOPES as readonly string[]).includes(scopes[0] ?? ''), name);
        }
      assert.ok(
        Object.keys(responses).some((status) => /^[23]\d\d$/.test(status)),
        `${name} succeeds with no status`,
      );
      for (const [status, response] of Object.entries(responses))
        if (Number(status) >= 400 && response.$ref === undefined)
          assert.ok(response.content, `${name} ${status} is not described`);
    }
  });

  test('names every schema that it needs twice', () => {
    const seen = new Map<string, string>();
    const twice: string[] = [];
    visit(document, '', (schema, place) => {
      if (schema['type'] !== 'object' || Object.keys(schema['properties'] ?? {}).length < 4) return;
      const text = JSON.stringify(schema);
      const first = seen.get(text);
      if (first !== undefined) twice.push(`${first} and ${place}: give the schema an x-name`);
      seen.set(text, place);
    });
    assert.deepEqual(twice, []);
  });

  test('lists every code of a problem with its status, and no others', () => {
    const { code } = (document.components.schemas['Problem'] as { properties: { code: { enum: string[] } } })
      .properties;
    assert.deepEqual(code.enum, [...REQUEST_PROBLEMS.keys()]);
    const listed = JSON.stringify(document.components.responses);
    for (const code of REQUEST_PROBLEMS.keys()) assert.ok(listed.includes(`"${code}"`), code);
  });

  test('describes the body and the headers of every event', () => {
    for (const [type, { post }] of Object.entries(document.webhooks)) {
      const headers = (post.parameters ?? []).map(({ name }) => name);
      assert.deepEqual(headers, ['webhook-id', 'webhook-timestamp', 'webhook-signature'], type);
      const schema = post.requestBody?.content['application/json']?.schema;
      assert.partialDeepStrictEqual(schema, { required: ['type', 'timestamp', 'data'] });
    }
    assert.ok(Object.keys(document.webhooks).length >= 4);
  });

  test('its Postman collection has a request for every operation', async () => {
    const files = await artifactsOf(document);
    const [, text = '{}'] = Object.entries(files).find(([path]) => path.endsWith('postman.json')) ?? [];
    type Item = { name: string; item?: Item[]; request?: { method: string; url: { path: string[] } } };
    const requests = (item: Item): string[] =>
      item.request
        ? [`${item.request.method} /${item.request.url.path.join('/').replaceAll(/:(\w+)/g, '{$1}')}`]
        : (item.item ?? []).flatMap(requests);
    assert.deepEqual(
      requests(JSON.parse(text) as Item).toSorted(),
      operations()
        .map(([name]) => name)
        .toSorted(),
    );
    assert.doesNotMatch(text, /undefined|\[object/);
  });
});

test('operations are named after their paths', () => {
  const list = { response: { 200: { properties: { next_cursor: {} } } } };
  const names: [string, string, string, object?][] = [
    ['GET', '/v1/batches', 'listBatches', list],
    ['POST', '/v1/batches', 'createBatch'],
    ['GET', '/v1/batches/:id', 'getBatch'],
    ['PATCH', '/v1/webhooks/:id', 'updateWebhook'],
    ['POST', '/v1/webhooks/:id/rotate-secret', 'rotateWebhookSecret'],
    ['GET', '/v1/webhooks/:id/deliveries', 'listWebhookDeliveries', list],
    ['POST', '/v1/batches/preview', 'previewBatch'],
    ['GET', '/v1/usage', 'getUsage'],
    ['GET', '/v1/batches/:id/output.csv', 'getBatchOutputCsv'],
    ['DELETE', '/v1/session', 'deleteSession'],
    ['GET', '/files/*', 'getFile'],
    ['POST', '/v1/batches/:id/retry', 'nameOfItsOwn', { operationId: 'nameOfItsOwn' }],
  ];
  for (const [method, url, name, schema = {}] of names)
    assert.equal(operationIdOf(method, url, schema), name, `${method} ${url}`);
});

test('removals: what is gone or narrower is found, what is new or wider is not', () => {
  const before = {
    paths: {
      '/a': {
        get: {
          operationId: 'getA',
          parameters: [{ in: 'query', name: 'limit', schema: { type: 'integer' } }],
          responses: { 200: { content: { 'application/json': { schema: { $ref: '#/x' } } } }, 404: {} },
        },
        put: {
          requestBody: {
            content: { 'application/json': { schema: { properties: { b: { type: 'string' } } } } },
          },
        },
      },
    },
    components: {
      schemas: {
        A: { type: 'object', required: ['state'], properties: { state: { enum: ['x', 'y'] }, n: {} } },
      },
    },
  };
  assert.deepEqual(removals(before, before), []);
  const wider = structuredClone(before) as typeof before & { paths: Record<string, object> };
  wider.paths['/b'] = { get: {} };
  wider.components.schemas.A.properties.state.enum.push('z');
  wider.paths['/a'].get.parameters.push({ in: 'query', name: 'cursor', schema: { type: 'string' } });
  assert.deepEqual(removals(before, wider), []);
  const narrower = JSON.parse(
    JSON.stringify(before)
      .replace('"404":{}', '"405":{}')
      .replace('["x","y"]', '["x"]')
      .replace('"n":{}', '"m":{}')
      .replace('"name":"limit"', '"name":"size","required":true')
      .replace('"getA"', '"readA"')
      .replace('{"properties":{"b"', '{"required":["b"],"properties":{"b"')
      .replace('"required":["state"],', ''),
  ) as object;
  assert.deepEqual(removals(before, narrower), [
    '/a get operationId was "getA" and is "readA"',
    '/a get parameters query limit is gone',
    '/a get responses 404 is gone',
    '/a get: the parameter query size is required',
    '/a put requestBody content application/json: b is required',
    'A state has no value y any more',
    'A n is gone',
    'A: state may be missing',
  ]);
});

type Json = Record<string, unknown>;

function visit(json: unknown, place: string, act: (object: Json, place: string) => void): void {
  if (json === null || typeof json !== 'object') return;
  act(json as Json, place);
  for (const [key, value] of Object.entries(json)) visit(value, `${place}/${key}`, act);
}
