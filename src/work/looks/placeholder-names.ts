/** `no-image.png`, `placeholder_2.jpg`, `default.gif`: parts of other words do not count. */
const NAME =
  /(?:^|[^a-z])(?:no[-_. ]?(?:image|img|photo|picture|pic)|(?:image|photo)[-_ ]?not[-_ ]?(?:available|found)|place[-_]?holder|(?:image|photo)?[-_ ]?coming[-_ ]?soon|default)(?:[^a-z]|$)/i;

/** Whether the name of the file in a URL says that it stands for a missing picture. Folders may be called so for all. */
export function namesPlaceholder(url: string): boolean {
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  return NAME.test(path.slice(path.lastIndexOf('/') + 1));
}
