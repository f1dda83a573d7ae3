import { createHash } from 'node:crypto';
import { DEFAULT_PRESET } from '../presets/builtin.ts';
import { UploadOptions } from './option-schemas.ts';

/**
 * Defaults that are hashed as if the request had sent them, in the order in which versions began to do so. Do not add
 * any: stored digests depend on this list.
 */
const HASHED_DEFAULTS = { preset: DEFAULT_PRESET, deadline_hours: 24 };

/** Defaults of options whose schema has none. A version that forgets one takes it for another request. */
const UNSAID_DEFAULTS: UploadOptions = { on_invalid: 'reject', strict: false, force: false };

/**
 * The identity of an upload: the bytes of its file and its options, however they were sent, also as a kept upload. An
 * option with its default value counts as left out, so a version with more options computes the same digest.
 */
export function requestSha256(fileSha256: Buffer, options: UploadOptions): Buffer {
  return sha256Of(fileSha256, { ...HASHED_DEFAULTS, ...withoutDefaults(options) });
}

/** All digests that this version or an older one may have stored for a request. */
export function requestDigests(fileSha256: Buffer, options: UploadOptions): Buffer[] {
  const defaults = Object.entries(HASHED_DEFAULTS);
  const sent = withoutDefaults(options);
  const ofDefaults = [...defaults.keys(), defaults.length].map((count) =>
    sha256Of(fileSha256, { ...Object.fromEntries(defaults.slice(0, count)), ...sent }),
  );
  // Older versions hashed an unsaid default that a request had sent.
  const said = withoutDefaults(options, {});
  return [...ofDefaults, sha256Of(fileSha256, { ...HASHED_DEFAULTS, ...said })];
}

function withoutDefaults(options: UploadOptions, unsaid = UNSAID_DEFAULTS): UploadOptions {
  const isLeftOut = ([name, value]: [string, unknown]): boolean => {
    const option = name as keyof UploadOptions;
    const schema = UploadOptions.properties[option] as { default?: unknown };
    return name === 'upload' || value === (schema.default ?? unsaid[option]);
  };
  return Object.fromEntries(Object.entries(options).filter((option) => !isLeftOut(option)));
}

function sha256Of(fileSha256: Buffer, options: UploadOptions): Buffer {
  const sent = Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(fileSha256).update(JSON.stringify(sent)).digest();
}
