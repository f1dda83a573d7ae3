/** Text that has arrived, and where in it to begin. `isEnd`: no more text will arrive. */
export type ScanInput = { text: string; from: number; isEnd: boolean };

/** What a delimiter makes of a CSV. `closing` and `spaced` are sticky: they match at their lastIndex. */
export type Syntax = {
  /** its character code */
  delimiter: number;
  /** a quotation mark that closes a cell, with the spaces after it */
  closing: RegExp;
  /** a quoted cell after spaces; it must be complete and on one line, otherwise it is a bare cell */
  spaced: RegExp;
  /** a closing quotation mark anywhere in a text */
  closed: RegExp;
};

export function syntaxOf(delimiter: string): Syntax {
  const mark = RegExp.escape(delimiter);
  return {
    delimiter: delimiter.charCodeAt(0),
    closing: new RegExp(`"( *)(?=[${mark}\\r\\n]|$)`, 'y'),
    spaced: new RegExp(`( +")(?:[^"\\r\\n]|"")*" *(?=[${mark}\\r\\n]|$)`, 'y'),
    closed: new RegExp(`"[${mark}\\r\\n]`),
  };
}
