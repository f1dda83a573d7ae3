import { withDeadline } from '../../deadline.ts';
import { ImageProblem } from '../problems.ts';
import { readLocal } from './local-file.ts';
import { networkProblem } from './network-problems.ts';
import { followRedirects, type RequestExtras, type RequestRules } from './request.ts';
import { drain, header } from './response.ts';
import { save } from './save.ts';
import type { SourceFile } from './source-files.ts';

/** A downloaded source. */
export type Source = {
  /** of a file of ours */
  path: string;
  bytes: number;
  sha256: Buffer;
  /** after redirects */
  finalUrl: string;
  etag: string | undefined;
  lastModified: string | undefined;
  /** for how many seconds the source need not be requested again, see freshness.ts */
  freshForS: number;
};

/** What a response said of its version, for a later conditional request (RFC 9110, 13.1). */
export type Validators = { etag: string | undefined; lastModified: string | undefined };

/** The validators of an earlier response, and the URL that they belong to: the last one of the redirects. */
export type PreviousAnswer = Validators & { finalUrl: string };

/** The host answered 304: the bytes are the ones that the validators belong to. */
export type NotModified = Validators & { notModified: true; freshForS: number };

export type FetchRules = RequestRules & {
  maxBytes: number;
  /** The folder that relative paths are read from: `minilab process` only, otherwise undefined. */
  localFolder: string | undefined;
};

/**
 * Downloads a source into a file, within the bounds of time and size.
 * @throws ImageProblem; HostBusy; StorageTrouble when our own disk fails; the signal's reason when aborted
 */
export async function fetchSource(
  url: string,
  file: SourceFile,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<Source> {
  const source = await fetchIfChanged({ url, previous: undefined }, file, rules, signal);
  if ('notModified' in source) throw new ImageProblem('http_error', 'HTTP 304'); // to an unconditional request
  return source;
}

/** Like fetchSource, but conditional: returns NotModified when the host answers 304. */
export async function fetchIfChanged(
  { url, previous }: { url: string; previous: PreviousAnswer | undefined },
  file: SourceFile,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<Source | NotModified> {
  if (rules.localFolder !== undefined && !/^https?:\/\//i.test(url))
    return localSource(url, file, { maxBytes: rules.maxBytes, folder: rules.localFolder });
  using deadline = withDeadline(signal, rules.guard.bounds.totalMs);
  try {
    const extras = { conditions: conditionsOf(previous) };
    const { response, finalUrl, freshForS } = await followRedirects(url, rules, extras, deadline.signal);
    const validators = { etag: header(response, 'etag'), lastModified: header(response, 'last-modified') };
    if (response.statusCode === 304) {
      await drain(response, deadline.signal);
      return { ...validators, notModified: true, freshForS };
    }
    const saved = await save(response, file, { maxBytes: rules.maxBytes, finalUrl });
    return { path: file.path, ...saved, finalUrl, ...validators, freshForS };
  } catch (error) {
    signal.throwIfAborted();
    throw networkProblem(error);
  }
}

async function localSource(
  name: string,
  file: SourceFile,
  rules: { maxBytes: number; folder: string },
): Promise<Source> {
  const saved = await readLocal(name, file, rules);
  const validators = { etag: undefined, lastModified: undefined };
  return { path: file.path, ...saved, finalUrl: name, ...validators, freshForS: 0 };
}

/** The entity tag is the stronger validator; a host that has one needs no date. */
function conditionsOf(previous: PreviousAnswer | undefined): RequestExtras['conditions'] {
  if (previous === undefined) return undefined;
  const { finalUrl: url, etag, lastModified } = previous;
  if (etag !== undefined) return { url, headers: { 'if-none-match': etag } };
  return lastModified === undefined ? undefined : { url, headers: { 'if-modified-since': lastModified } };
}
