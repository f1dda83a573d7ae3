/** Compares what the servers of a run answered with the document of the API. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ApiDocument, Operation } from '../../contract/document.ts';
import type { Recorded } from './record-answers.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'openapi.json');

type Json = Record<string, unknown>;
type Answer = Extract<Recorded, { is: 'answer' }>;

/** A sentence for each answer and webhook that docs/openapi.json does not describe. */
export function undocumented(recorded: readonly Recorded[], document: ApiDocument): string[] {
  const found = recorded.map(checkerOf(document));
  return [...new Set(found.filter((sentence) => sentence !== undefined))];
}

/** Says of an answer, or a webhook, what the document does not describe, if anything. */
export function checkerOf(document: ApiDocument): (one: Recorded) => string | undefined {
  const validate = validatorOf(document);
  return (one) => (one.is === 'webhook' ? ofWebhook(one.body as Json) : ofAnswer(one, document, validate));

  function ofWebhook(body: Json): string | undefined {
    const type = String(body['type']);
    if (!document.webhooks[type]) return `the event ${type} is not in the document`;
    const flaws = validate(['webhooks', type, 'post', 'requestBody', 'content', 'application/json'], body);
    return flaws && `the event ${type} has another body than the document says: ${flaws}`;
  }
}

/** What the processes of a run recorded. */
export function readRecorded(folder: string): Recorded[] {
  return globSync('*.ndjson', { cwd: folder }).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Recorded),
  );
}

/** What is not in the document, if anything. */
export function reportOf(folder: string): string | undefined {
  const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as ApiDocument;
  const sentences = undocumented(readRecorded(folder), document);
  if (sentences.length === 0) return undefined;
  return `The servers of this run answered what docs/openapi.json does not describe. Correct the schemas of the routes (src/**/*.routes.ts), then run "npm run openapi".\n- ${sentences.join('\n- ')}`;
}

type Validate = (path: string[], value: unknown) => string | undefined;

function ofAnswer(
  { method, route, url, status, type, body }: Answer,
  document: ApiDocument,
  validate: Validate,
): string | undefined {
  const said = `${method} ${route ?? url} answered ${status}${type && ` (${type})`}`;
  const problem = ['components', 'schemas', 'Problem'];
  if (route === undefined || status === 405) {
    const flaws = type === 'application/problem+json' ? validate(problem, body) : 'it is not a problem';
    return flaws && `${said}: ${flaws}`;
  }
  const path = route.replaceAll(/:([^/]+)/g, '{$1}').replace('*', '{key}');
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = document.paths[path]?.[verb];
  if (!operation) return `${said}, and the document has no such operation`;
  const place = placeOf(['paths', path, verb], operation, status);
  if (!place) return `${said}, and the document does not have that status`;
  const { content } = at(document, place) as { content?: Record<string, unknown> };
  if (type === '' || method === 'HEAD') return undefined;
  const typed = [type, type.replace(/\/.*/, '/*')].find((one) => content?.[one] !== undefined);
  if (typed === undefined) return `${said}, and the document does not have that type`;
  if (body === undefined) return undefined;
  const flaws = validate([...place, 'content', typed], body);
  return flaws && `${said} with another body than the document says: ${flaws}`;
}

/** The path of a response in the document, which may be a shared one. */
function placeOf(operationPath: string[], { responses }: Operation, status: number): string[] | undefined {
  const response = responses[status];
  if (!response) return undefined;
  return response.$ref?.slice(2).split('/') ?? [...operationPath, 'responses', String(status)];
}

function at(document: object, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Json)[name], document);
}

function validatorOf(document: ApiDocument): Validate {
  const ajv = new Ajv2020({ strict: false, validateSchema: false });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(closed(document) as object, 'api');
  return (path, value) => {
    const inMedia = path[0] === 'components' && path.length === 3 ? [] : ['schema'];
    const pointer = [...path, ...inMedia]
      .map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const validate = ajv.getSchema(`api#/${pointer}`);
    if (!validate) return `the document has no ${pointer}`;
    if (validate(value)) return undefined;
    const errors = (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
    return errors.slice(0, 3).join('; ');
  };
}

/** A copy in which objects have no other fields than those that are described. */
function closed(json: unknown, isPart = false): unknown {
  if (Array.isArray(json)) return json.map((item) => closed(item, isPart));
  if (json === null || typeof json !== 'object') return json;
  const object = Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, closed(value, key === 'allOf')]),
  );
  const { properties, additionalProperties } = object;
  const isClosable = !isPart && typeof properties === 'object' && additionalProperties === undefined;
  return isClosable && object['type'] === 'object' ? { ...object, additionalProperties: false } : object;
}
