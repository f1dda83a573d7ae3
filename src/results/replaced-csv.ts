import type { Db } from '../db/database.ts';
import { faithfulWriter } from '../csv/write-faithful.ts';
import { filesOf, type OutputFile } from './files.ts';
import { inPieces } from './pieces.ts';
import { type BatchResults, productPages } from './results.queries.ts';
import { type OnFailed, replaced } from './table.ts';

/** The input's CSV with the outputs that exist by now in place of their sources, in pieces. */
export async function* replacedCsv(
  db: Db,
  results: BatchResults,
  { onFailed, urlOf }: { onFailed: OnFailed; urlOf: (file: OutputFile) => string },
): AsyncGenerator<Buffer> {
  const writer = faithfulWriter(results.format);
  yield writer.header();
  for await (const page of productPages(db, results)) {
    for (const piece of inPieces(page)) {
      const rows = piece.map((product) => {
        const cells = replaced(results, product, filesOf(results, product).map(urlOf), onFailed);
        return { cells, quoted: product.quoted };
      });
      yield writer.rows(rows);
    }
  }
  yield writer.end();
}
