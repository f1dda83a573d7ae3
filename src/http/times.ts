import { badRequest, wrongParameter } from './flaws.ts';

/**
 * A time whose format a schema has checked.
 * @param name of the parameter of the query, or of the field of the body
 * @throws Problem `bad_request` for a leap second: it has the format, and no Date can hold it
 */
export function timeOf(text: string, name: string, part: 'query' | 'body' = 'query'): Date {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  const detail = 'It must not be a leap second.';
  if (part === 'query') throw wrongParameter(name, detail);
  const flaw = { at: `/${name}`, code: 'invalid_value', detail };
  throw badRequest([{ ...flaw, sentence: `${name} in the body: ${detail}` }]);
}
