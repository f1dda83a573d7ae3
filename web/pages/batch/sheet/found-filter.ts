import { query } from '../../../api/request.ts';
import { here } from '../../../app/router.ts';

/** Parameters of the address that the server looks images up by: those of a check, and a group of the same pictures. */
const OF_CHECK = [
  'channel',
  'of',
  'as_of',
  'rendition',
  'apparel',
  'verdict',
  'rule',
  'result',
  'level',
  'required',
];
const NAMES = [...OF_CHECK, 'group'];

export const WITHOUT_FOUND: Record<string, undefined> = Object.fromEntries(
  NAMES.map((name) => [name, undefined]),
);

/** What the address asks the server to find, as the query of a request; undefined: nothing. */
export function foundFilter(): string | undefined {
  const given = new URLSearchParams(here.value.search);
  if (!['verdict', 'rule', 'group'].some((name) => given.has(name))) return undefined;
  return query(Object.fromEntries(NAMES.map((name) => [name, given.get(name)]))).slice(1);
}
