const PIECE_CHARACTERS = 2 ** 20;

/**
 * Splits a page of rows into pieces that are quick to write, so that requests in between are answered: a page of
 * 100 rows may have 100 million characters.
 */
export function* inPieces<T extends { cells: string[] }>(rows: T[]): Generator<T[]> {
  let piece: T[] = [];
  let characters = 0;
  for (const row of rows) {
    piece.push(row);
    characters += row.cells.reduce((sum, cell) => sum + cell.length, 0);
    if (characters < PIECE_CHARACTERS) continue;
    yield piece;
    piece = [];
    characters = 0;
  }
  if (piece.length > 0) yield piece;
}
