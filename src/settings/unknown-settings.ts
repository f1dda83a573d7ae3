import { nearest } from '../nearest.ts';
import type { Environment } from './settings-reader.ts';

/** Settings of later versions: whoever sets one believes that it has an effect. */
const NOT_YET = new Set(['RETENTION_DAYS']);

/** Settings of other programs for what has another name here. */
const INSTEAD: Record<string, string> = {
  S3_BUCKET: 'STORAGE_URL=s3://bucket/prefix',
  S3_ACCESS_KEY_ID: 'AWS_ACCESS_KEY_ID',
  S3_SECRET_ACCESS_KEY: 'AWS_SECRET_ACCESS_KEY',
};
const PREFIX = /^MINILAB_/i;

/**
 * A warning for each variable that looks like a setting of Minilab but is none: a typo, a name with the
 * prefix MINILAB_, or a setting of a later version. All other variables are ignored.
 * @returns sentences
 */
export function unknownSettings(env: Environment, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => !known.includes(name) && env[name]?.trim())
    .map((name) => warningOf(name, known))
    .filter((warning) => warning !== undefined);
}

function warningOf(name: string, known: readonly string[]): string | undefined {
  if (NOT_YET.has(name)) return `This version does not support the setting ${name} yet: it has no effect.`;
  const instead = INSTEAD[name];
  if (instead !== undefined) return `There is no setting ${name}: it has no effect. Set ${instead} instead.`;
  const meant = nearest(name.replace(PREFIX, ''), known);
  if (meant !== undefined) return `There is no setting ${name}: it has no effect. Did you mean ${meant}?`;
  return PREFIX.test(name) ? `There is no setting ${name}: it has no effect.` : undefined;
}
