/** A record, or its beginning if its end has not arrived (`open`). Its lines are counted from 0. */
export type Scanned = {
  is: 'whole' | 'open';
  cells: string[];
  /** which cells stood in quotation marks, by index */
  quoted: number[];
  /** offset of the next record in the text; of this record while it is open */
  next: number;
  /** how many line ends the record has, its own included */
  lines: number;
  /** whether the record is open inside of a quoted cell, and the line where that cell begins */
  isQuoted: boolean;
  quoteLine: number;
  /**
   * Line of the first stray mark: a quotation mark in a quoted cell that neither closes it nor is doubled. If no
   * backslash precedes it, this is the line where its cell begins.
   */
  strayLine: number | undefined;
  /** whether a backslash precedes the stray mark */
  isStrayEscaped: boolean;
  /** whether a cell with a stray mark continues on another line */
  isOverLines: boolean;
  /** whether a bare cell after the stray mark holds a quotation mark too: a divided cell, or inch marks */
  isShifted: boolean;
  /** whether a backslash precedes any quotation mark in a quoted cell */
  hasEscapes: boolean;
  /** whether the record is open because its scan was abandoned */
  isAbandoned: boolean;
  /** the offset where the scan ended */
  reached: number;
};

/**
 * Whether to abandon the scan of a record at a quotation mark. The first mark with a backslash before it, and those
 * before that one, are never asked about.
 * @param quote offset of the mark
 * @param cells how many cells are complete
 * @param hasStray whether a mark before this one is stray
 * @param from offset of the record
 */
export type AbandonRule = (quote: number, cells: number, hasStray: boolean, from: number) => boolean;

/** A record whose scan begins. */
export function openRecord(from: number, reached: number): Scanned {
  return {
    is: 'open',
    cells: [],
    quoted: [],
    next: from,
    lines: 1,
    isQuoted: false,
    quoteLine: 0,
    strayLine: undefined,
    isStrayEscaped: false,
    isOverLines: false,
    isShifted: false,
    hasEscapes: false,
    isAbandoned: false,
    reached,
  };
}
