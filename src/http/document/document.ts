/** The OpenAPI document: made from the schemas that validate requests and serialise responses. */
import { STATUS_CODES } from 'node:http';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema, RouteOptions } from 'fastify';
import { ProblemAnswer, ProblemBody } from '../problem.ts';
import { type EventDocument, webhooksOf } from './events.ts';
import { type JsonObject, referring, plainSchema } from './names.ts';
import { operationIdOf, securityOf, tagOf } from './operations.ts';
import { codesOf, problemResponse, sharedResponses } from './problems.ts';

export type DocumentParts = {
  publicUrl: string;
  version: string;
  events: Readonly<Record<string, EventDocument>>;
};

/** Options of @fastify/swagger. */
export function documentOptions({ publicUrl, version, events }: DocumentParts): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Minilab',
        version,
        description: 'Turns a spreadsheet of products and image URLs into finished product images.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: documented,
    transformObject: (document) =>
      'openapiObject' in document
        ? completed(document.openapiObject as unknown as Document, events)
        : document.swaggerObject,
  };
}

const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key: `Authorization: Bearer ml_…`. Without any key the server accepts this machine only.',
  },
  session: { type: 'apiKey', in: 'cookie', name: 'minilab_session', description: 'The session of the page' },
} as const;

// Errors that any request may get, before it reaches its route or in it. A route declares only its own.
const ANYWHERE = [400, 403, 408, 414, 417, 429, 431, 500, 503];
const FOR_BODIES = [413, 415];
const FOR_KEYS = [401];

/** The schema of a route with what the document says besides; no serializers are built from it. */
function documented({ schema, url, route }: { schema: FastifySchema; url: string; route: RouteOptions }) {
  if (!schema || schema.hide) return { schema, url };
  const method = [route.method].flat()[0] ?? 'GET';
  const { access, audit } = route.config ?? {};
  const statuses = [
    ...ANYWHERE,
    ...(method === 'GET' || method === 'HEAD' ? [] : FOR_BODIES),
    ...(access === 'public' ? [] : FOR_KEYS),
  ].filter((status) => codesOf(status).length > 0);
  const response = {
    ...Object.fromEntries(statuses.map((status) => [status, ProblemAnswer])),
    ...(schema.response as object),
  };
  return {
    schema: {
      ...plainSchema({ ...schema, params: withKey(schema.params), response }),
      operationId: operationIdOf(method, url, schema),
      tags: schema.tags ?? [tagOf(url)],
      security: securityOf(method, access),
      ...(audit !== undefined && { 'x-audit-action': audit }),
    },
    url: url.replace('*', ':key'),
  };
}

/** A wildcard has no name in the path of a route, and needs one in the document. */
function withKey(params: unknown): unknown {
  const { '*': key, ...others } = (params as { properties?: Record<string, unknown> })?.properties ?? {};
  return key === undefined ? params : { type: 'object', properties: { ...others, key } };
}

type Operation = JsonObject & { operationId: string; tags: string[]; responses: Record<string, JsonObject> };
type Document = JsonObject & {
  paths: Record<string, Record<string, Operation>>;
  components: JsonObject;
};

/** With webhooks, shared responses and components in place of repeated schemas. */
function completed(
  document: Document,
  events: Readonly<Record<string, EventDocument>>,
): Record<string, unknown> {
  const paths = Object.fromEntries(
    Object.entries(document.paths)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, item]) => [path, mapOperations(item)]),
  );
  checkNames(Object.values(paths).flatMap((item) => Object.values(item)));
  const schemas: JsonObject = {};
  const { servers = [], info = {}, openapi = '' } = document;
  const rest = referring({ paths, webhooks: webhooksOf(events) }, schemas) as JsonObject;
  referring(plainSchema(ProblemBody) as unknown as JsonObject, schemas);
  return {
    openapi,
    info,
    servers,
    ...rest,
    components: {
      ...document.components,
      schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      responses: sharedResponses(),
    },
  };
}

function mapOperations(item: Record<string, Operation>): Record<string, Operation> {
  return Object.fromEntries(
    Object.entries(item).map(([method, operation]) => [
      method,
      { ...operation, responses: shared(operation.responses) },
    ]),
  );
}

function shared(responses: Record<string, JsonObject>): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, answer]) => [
      status,
      problemResponse(Number(status), answer) ?? described(Number(status), answer),
    ]),
  );
}

function described(status: number, answer: JsonObject): JsonObject {
  const { description } = answer;
  return description === 'Default Response' ? { ...answer, description: STATUS_CODES[status] ?? '' } : answer;
}

/** @throws Error if two operations have one name */
function checkNames(operations: Operation[]): void {
  const seen = new Set<string>();
  for (const { operationId } of operations) {
    if (seen.has(operationId)) throw new Error(`two operations of the API have the name ${operationId}`);
    seen.add(operationId);
  }
}
