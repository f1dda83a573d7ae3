/** Paths in archives: which of them count, and which name the same file. */

/** Files that a system adds for itself: everybody leaves them out, without a word. */
export function isOfSystem(path: string): boolean {
  return /(?:^|\/)(?:__MACOSX(?:\/|$)|\.|(?:thumbs\.db|desktop\.ini)$)/i.test(path);
}

/** Equal for paths that differ in case or in the Unicode form only: macOS decomposes letters with accents. */
export function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** With a slash at its end; '' for none. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
