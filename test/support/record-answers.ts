/**
 * Loaded before everything else in each process of a run (NODE_OPTIONS of global-setup.ts): records the
 * answers of Minilab's servers and the webhooks that it sends, for check-answers.ts to compare with the
 * document. The product has no part in it.
 */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** The variable of the environment with the folder for the records. */
export const ANSWERS_OF_RUN = 'ANSWERS_OF_THE_RUN';

/** One form of an answer, or of a webhook; repetitions of the same form are left out. */
export type Recorded =
  | {
      is: 'answer';
      method: string;
      /** pattern of its path; undefined: no route */
      route: string | undefined;
      url: string;
      status: number;
      /** without parameters; empty where there is no body */
      type: string;
      body?: unknown;
    }
  | { is: 'webhook'; body: unknown };

const folder = process.env[ANSWERS_OF_RUN] || undefined;
const LARGEST_BODY = 4 * 1024 * 1024;
const seen = new Set<string>();

/** At once, and in one piece: the process may be killed at any time. */
function record(folder: string, recorded: Recorded): void {
  const form = JSON.stringify(formOf(recorded));
  if (seen.has(form)) return;
  seen.add(form);
  appendFileSync(join(folder, `${process.pid}.ndjson`), `${JSON.stringify(recorded)}\n`);
}

/** What makes an answer another one: fields, types, and text that may be one of a list. */
function formOf(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name !== 'url' && /^[a-z_/+.A-Z]{1,40}$/.test(value) ? value : '';
  if (Array.isArray(value)) return [...new Set(value.map((one) => JSON.stringify(formOf(one))))];
  if (value === null || typeof value !== 'object')
    return name === 'status' ? value : value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, formOf(one, key)]));
}

function recordServer(folder: string, app: FastifyInstance): void {
  const payloads = new WeakMap<FastifyRequest, unknown>();
  app.addHook('onSend', (request, _reply, payload, done) => {
    payloads.set(request, payload);
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const isApi = app.hasDecorator('swagger') && !app.hasDecorator('isOfTest');
    if (isApi && reply.raw.headersSent && !request.routeOptions.schema?.hide)
      record(folder, answerOf(request, reply, payloads.get(request)));
    done();
  });
}

function answerOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): Recorded {
  const { method, url, is404, routeOptions } = request;
  const isEmpty = [204, 304].includes(reply.raw.statusCode) || payload === undefined || payload === '';
  const type = isEmpty ? '' : (String(reply.getHeader('content-type') ?? '').split(';')[0] ?? '');
  const isJson = /[/+]json$/.test(type) && (typeof payload === 'string' || Buffer.isBuffer(payload));
  const isShort = isJson && payload.length < LARGEST_BODY;
  return {
    is: 'answer',
    method,
    route: is404 ? undefined : routeOptions.url,
    url,
    status: reply.raw.statusCode,
    type,
    ...(isShort && { body: JSON.parse(payload.toString()) as unknown }),
  };
}

type Sent = { request: { body: unknown; headers: unknown } };

function recordWebhook(folder: string, { request: { body, headers } }: Sent): void {
  const isWebhook = JSON.stringify(headers).includes('webhook-signature');
  const isOurs = JSON.stringify(headers).includes('minilab/');
  if (!isWebhook || !isOurs || !(body instanceof Uint8Array || typeof body === 'string')) return;
  record(folder, { is: 'webhook', body: JSON.parse(Buffer.from(body as Uint8Array).toString()) as unknown });
}

if (folder !== undefined && isMainThread) {
  subscribe('fastify.initialization', (message) =>
    recordServer(folder, (message as { fastify: FastifyInstance }).fastify),
  );
  subscribe('undici:request:create', (message) => recordWebhook(folder, message as Sent));
}
