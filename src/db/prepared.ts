/**
 * Which statements are prepared. Parsing and planning a statement of a dozen parts costs PostgreSQL more than
 * executing it for a few images, so those of the worker are prepared once for each connection. A pooler that
 * changes sessions between transactions loses them: it is recognised (connections.ts), and nothing is prepared.
 */

const MOST = 500; // each connection keeps a plan of some 50 kB for each of those that it has used
const SHORTEST = 40; // `begin` and `commit` have no plan

const names = new Map<string, string>();

/** The name of the prepared statement for a text; undefined where it is not worth preparing, or cannot be. */
export function statementName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (text.length < SHORTEST || names.size >= MOST || holdsSeveral(text)) return undefined;
  const name = `minilab_${names.size + 1}`;
  names.set(text, name);
  return name;
}

function holdsSeveral(text: string): boolean {
  return text.replaceAll(/--.*$/gm, '').includes(';');
}
