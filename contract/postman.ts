/** A Postman collection (format 2.1) with a request for every operation, in a folder for every tag. */
import type { ApiDocument, Media, Operation, Parameter } from './document.ts';

type Item = { name: string; request: object };

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

export function postmanCollection(document: ApiDocument): object {
  const requests = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tag: operation.tags[0] ?? '',
      item: itemOf(method.toUpperCase(), path, operation),
    })),
  );
  const folders = Map.groupBy(requests, ({ tag }) => tag);
  return {
    info: { name: document.info.title, schema: SCHEMA, version: document.info.version },
    item: [...folders].map(([name, some]) => ({ name, item: some.map(({ item }) => item) })),
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{apiKey}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: document.servers[0]?.url ?? '' },
      { key: 'apiKey', value: '' },
    ],
  };
}

function itemOf(method: string, path: string, operation: Operation): Item {
  const { summary = operation.operationId, description = '', parameters = [], security } = operation;
  const body = bodyOf(operation.requestBody?.content ?? {});
  const segments = path.slice(1).split('/');
  return {
    name: summary,
    request: {
      method,
      ...(description && { description }),
      ...(security?.length === 0 && { auth: { type: 'noauth' } }),
      url: {
        raw: `{{baseUrl}}/${segments.map(inPostman).join('/')}`,
        host: ['{{baseUrl}}'],
        path: segments.map(inPostman),
        query: of(parameters, 'query').map(choiceOf),
        variable: of(parameters, 'path').map(valueOf),
      },
      header: [
        ...of(parameters, 'header').map(choiceOf),
        ...(body?.mode === 'raw' ? [{ key: 'content-type', value: 'application/json' }] : []),
      ],
      ...(body && { body }),
    },
  };
}

/** `:id` for `{id}`. */
function inPostman(segment: string): string {
  return segment.replace(/^\{(.*)\}$/, ':$1');
}

function of(parameters: Parameter[], where: string): Parameter[] {
  return parameters.filter((one) => one.in === where);
}

/** Switched off until somebody wants it, if it may be left out. */
function choiceOf(one: Parameter): object {
  return { ...valueOf(one), disabled: one.required !== true };
}

function valueOf({ name, description, schema, example }: Parameter): object {
  const value = (example ?? schema['default'] ?? '') as string | number | boolean;
  return { key: name, value: String(value), ...(description && { description }) };
}

function bodyOf(content: Record<string, Media>): { mode: string } | undefined {
  if (content['multipart/form-data'])
    return { mode: 'formdata', formdata: [{ key: 'file', type: 'file', src: [] }] } as { mode: string };
  const json = content['application/json'];
  if (!json) return undefined;
  return { mode: 'raw', raw: JSON.stringify(json.example ?? {}, null, 2) } as { mode: string };
}
