/** What clients of an earlier document would miss in a later one. */

type Json = Record<string, unknown>;

// Maps from names that clients use.
const MAPS = new Set([
  ...['paths', 'webhooks', 'responses', 'content', 'properties', 'schemas', 'securitySchemes'],
  ...['parameters', 'operations'],
]);
// Values that clients depend on.
const FACTS = new Set(['type', 'operationId', '$ref', 'const', 'in', 'format']);
const METHODS = new Set(['get', 'put', 'post', 'patch', 'delete']);

/**
 * A sentence for everything that is gone or narrower: operations, statuses, content types, fields, values of
 * enums, and parameters and fields of requests that are newly required.
 */
export function removals(before: unknown, after: unknown, place: readonly string[] = []): string[] {
  const [old, now] = [readable(before), readable(after)];
  if (old === undefined || now === undefined) return [];
  return Object.keys(old)
    .flatMap((key) => {
      const inner = [...place, key];
      if (now[key] === undefined) return isName(place, key) ? [`${shown(inner)} is gone`] : [];
      if (key === 'enum') return goneValues(old[key], now[key], place);
      if (key === 'required') return [];
      if (FACTS.has(key) && place.at(-1) !== 'properties') return changed(old[key], now[key], inner);
      return removals(old[key], now[key], inner);
    })
    .concat(newlyRequired(old, now, place));
}

/** A JSON object, with parameters as a map by their names; undefined for other values. */
function readable(json: unknown): Json | undefined {
  if (json === null || typeof json !== 'object') return undefined;
  const object = json as Json;
  const { parameters } = object;
  if (!Array.isArray(parameters)) return object;
  const named = (parameters as { in: string; name: string }[]).map((one) => [`${one.in} ${one.name}`, one]);
  return { ...object, parameters: Object.fromEntries(named) as Json };
}

function isName(place: readonly string[], key: string): boolean {
  return MAPS.has(place.at(-1) ?? '') || METHODS.has(key) || key === 'requestBody';
}

function goneValues(old: unknown, now: unknown, place: readonly string[]): string[] {
  const gone = (old as unknown[]).filter((value) => !(now as unknown[]).includes(value));
  return gone.map((value) => `${shown(place)} has no value ${String(value)} any more`);
}

function changed(old: unknown, now: unknown, place: readonly string[]): string[] {
  if (JSON.stringify(old) === JSON.stringify(now)) return [];
  return [`${shown(place)} was ${JSON.stringify(old)} and is ${JSON.stringify(now)}`];
}

/** Of requests: what must be sent and need not before. Of responses: what is not always sent any more. */
function newlyRequired(old: Json, now: Json, place: readonly string[]): string[] {
  const [before, after] = [listed(old['required']), listed(now['required'])];
  const isOfRequest = place.includes('requestBody') || place.some((name) => name.endsWith('Input'));
  if (now['required'] === true && old['required'] !== true) return [`${shown(place)} is required`];
  const differing = isOfRequest
    ? after.filter((name) => !before.includes(name)).map((name) => `${name} is required`)
    : before.filter((name) => !after.includes(name)).map((name) => `${name} may be missing`);
  const newParameters = Object.entries((now['parameters'] ?? {}) as Record<string, { required?: boolean }>)
    .filter(([name, { required }]) => required && !(name in ((old['parameters'] ?? {}) as Json)))
    .map(([name]) => `the parameter ${name} is required`);
  return [...differing, ...newParameters].map((sentence) => `${shown(place)}: ${sentence}`);
}

function listed(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

function shown(place: readonly string[]): string {
  return place
    .filter((name) => !['paths', 'components', 'schemas', 'schema', 'properties'].includes(name))
    .join(' ');
}
