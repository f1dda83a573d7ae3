import { createHash } from 'node:crypto';
import { DEFAULT_PRESET } from '../presets/builtin.ts';
import { UploadOptions } from './option-schemas.ts';

/** Defaults that are hashed as if they had been said, in the order in which versions began to; no more of them. */
const HASHED_DEFAULTS = { preset: DEFAULT_PRESET, deadline_hours: 24 };

/**
 * What makes two uploads the same: the bytes of their files and their options, however they were sent. An
 * option that says its default is as good as none, so that a version with more options finds the same.
 * @param fileSha256 of the file
 */
export function requestSha256(fileSha256: Buffer, options: UploadOptions): Buffer {
  return sha256Of(fileSha256, { ...HASHED_DEFAULTS, ...withoutDefaults(options) });
}

/** All digests that this version or one before it may have kept for a request. */
export function requestDigests(fileSha256: Buffer, options: UploadOptions): Buffer[] {
  const said = withoutDefaults(options);
  const defaults = Object.entries(HASHED_DEFAULTS);
  return [...defaults.keys(), defaults.length].map((count) =>
    sha256Of(fileSha256, { ...Object.fromEntries(defaults.slice(0, count)), ...said }),
  );
}

function withoutDefaults(options: UploadOptions): UploadOptions {
  const isDefault = ([name, value]: [string, unknown]): boolean =>
    value === (UploadOptions.properties[name as keyof UploadOptions] as { default?: unknown }).default;
  return Object.fromEntries(Object.entries(options).filter((option) => !isDefault(option)));
}

function sha256Of(fileSha256: Buffer, options: UploadOptions): Buffer {
  const said = Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(fileSha256).update(JSON.stringify(said)).digest();
}
