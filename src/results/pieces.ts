const PIECE_CHARACTERS = 2 ** 20;

/** Rows in pieces that are written in no time: a hundred of them may have a hundred million characters. */
export function* inPieces<T extends { cells: string[] }>(rows: T[]): Generator<T[]> {
  let piece: T[] = [];
  let characters = 0;
  for (const row of rows) {
    piece.push(row);
    characters += row.cells.reduce((sum, cell) => sum + cell.length, 0);
    if (characters < PIECE_CHARACTERS) continue;
    yield piece;
    [piece, characters] = [[], 0];
  }
  if (piece.length > 0) yield piece;
}
