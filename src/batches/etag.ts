/** Weak entity tags of a batch: its version. */
export function etagOf(version: number): string {
  return `W/"${version}"`;
}

/** Whether If-None-Match has this version: a list of tags, compared weakly, or `*` (RFC 9110, 13.1.2). */
export function includesVersion(tags: string | undefined, version: number): boolean {
  const listed = new Set((tags ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, '')));
  return listed.has('*') || listed.has(`"${version}"`);
}
