/**
 * Schemas with an `x-name` become components of the document, which others refer to. Not `$id`: validators
 * and serialisers resolve it, and refuse a schema that is in another one twice.
 */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const NAME = 'x-name';

/** A copy as the document has it: without what only our framework needs, and with the type of every enum. */
export function plainSchema<T>(schema: T): T {
  return mapped(JSON.parse(JSON.stringify(schema)) as Json, plain) as T;
}

function plain({ nullable, ...schema }: JsonObject): JsonObject {
  const isOfText = Array.isArray(schema['enum']) && schema['enum'].every((one) => typeof one === 'string');
  return {
    ...(isOfText && { type: 'string' }),
    ...schema,
    ...(typeof nullable === 'object' && { nullable }), // a property of this name
  };
}

/**
 * A copy in which every named schema is a reference to its component.
 * @param components receives the schemas
 * @throws Error if two different schemas have one name
 */
export function referring(document: Json, components: JsonObject): Json {
  return mapped(document, ({ [NAME]: name, ...schema }) => {
    if (typeof name !== 'string') return schema;
    const known = components[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two schemas of the API have the name ${name}`);
    components[name] = schema;
    return { $ref: `#/components/schemas/${name}` };
  });
}

/** A copy in which every object is what `change` makes of it; the inner ones are changed first. */
function mapped(json: Json, change: (object: JsonObject) => JsonObject): Json {
  if (Array.isArray(json)) return json.map((item) => mapped(item, change));
  if (json === null || typeof json !== 'object') return json;
  return change(Object.fromEntries(Object.entries(json).map(([key, value]) => [key, mapped(value, change)])));
}
