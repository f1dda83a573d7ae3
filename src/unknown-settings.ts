import { nearest } from './nearest.ts';

type Environment = Record<string, string | undefined>;

/** Of versions to come, or of other documents: who sets one believes that it does something. */
const NOT_YET = new Set([
  ...['MINILAB_KEY', 'RETENTION_DAYS', 'FILES_REDIRECT'],
  ...['S3_ENDPOINT', 'S3_REGION', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
]);
const PREFIX = /^MINILAB_/i;

/**
 * A sentence for each variable that looks like a setting of ours and is none: a near miss, one that begins
 * with MINILAB_, one that this version does not have yet. Everything else in an environment is not ours.
 */
export function unknownSettings(env: Environment, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => !known.includes(name) && env[name]?.trim())
    .map((name) => asTold(name, known))
    .filter((told) => told !== undefined);
}

function asTold(name: string, known: readonly string[]): string | undefined {
  if (NOT_YET.has(name)) return `This version does not have the setting ${name} yet: it has no effect.`;
  const meant = nearest(name.replace(PREFIX, ''), known);
  if (meant !== undefined) return `There is no setting ${name}: it has no effect. Did you mean ${meant}?`;
  return PREFIX.test(name) ? `There is no setting ${name}: it has no effect.` : undefined;
}
