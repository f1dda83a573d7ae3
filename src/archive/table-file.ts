import { invalidFile } from '../csv/invalid-file.ts';
import type { ZipPart } from '../zip/zip-file.ts';

const TABLE = /\.(?:csv|tsv|xlsx|xlsm)$/i;
const FEED = /\.(?:json|ndjson|jsonl|xml)$/i;

/**
 * The table of an archive, by its extension: the only one, or the only one in the folder that is nearest to the root.
 * Other programs write JSON and XML beside pictures, so these are tables only where there is one file of them.
 * @returns undefined: there is none
 * @throws Problem `csv_invalid`: `several_tables`
 */
export function tableFileOf(files: readonly ZipPart[]): ZipPart | undefined {
  const tables = nearestToRoot(files.filter(({ name }) => TABLE.test(name)));
  if (tables.length > 1) throw severalTables(tables);
  if (tables[0]) return tables[0];
  const feeds = files.filter(({ name }) => FEED.test(name));
  return feeds.length === 1 ? feeds[0] : undefined;
}

function nearestToRoot(files: ZipPart[]): ZipPart[] {
  const depth = files.reduce((least, file) => Math.min(least, depthOf(file)), Infinity);
  return files.filter((file) => depthOf(file) === depth);
}

function depthOf({ name }: ZipPart): number {
  return name.split('/').length;
}

const LISTED = 5;

function severalTables(tables: ZipPart[]): Error {
  const names = tables.slice(0, LISTED).map(({ name }) => `"${name}"`);
  const more = tables.length > LISTED ? ' and others' : '';
  return invalidFile(
    'several_tables',
    `The archive has ${tables.length} tables: ${names.join(', ')}${more}. Leave one of them in it.`,
  );
}
