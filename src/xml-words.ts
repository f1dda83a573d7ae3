/** What saxes says of XML that is not well-formed, in words for people who have the file, and not its code. */

const WORDS: readonly [said: RegExp, told: string | ((name: string) => string)][] = [
  [/^unclosed tag: (.*)$/, (name) => `the end of <${name}> is missing: the file may be cut off`],
  [/^unexpected end/, 'it ends too early: the file may be cut off'],
  [/^document must contain a root element/, 'it is empty'],
  [/^unmatched closing tag: (.*)$/, (name) => `</${name}> closes nothing that was opened before`],
  [/^unexpected close tag/, 'an element ends while another one in it is still open'],
  [/^weird empty close tag/, 'an end tag has no name'],
  [
    /^(?:undefined entity|disallowed character in entity name|empty entity name|malformed character entity)/,
    'an "&" begins no entity that XML has: a plain "&" is written &amp;',
  ],
  [/^text data outside of root node/, 'there is text before its first element or behind its last one'],
  [/^documents may contain only one root/, 'there is another element behind its last one'],
  [/^malformed name: (.*)$/, (name) => `"${name}" is no name that XML allows`],
  [/^duplicate attribute: (.*)$/, (name) => `the attribute "${name}" occurs twice`],
  [/attribute|^no whitespace between/, 'an attribute of a tag is not written as name="value"'],
  [/tag|^forward-slash/, 'a tag has a character that is not allowed: a plain "<" is written &lt;'],
  [/^incorrect syntax/, 'a part that begins with "<!" is none that XML has'],
  [/doctype/, 'it has a document type (<!DOCTYPE>), which is not read'],
  [/must (?:be|appear) at the start/, 'its <?xml … ?> does not stand at the very beginning'],
  [/^malformed comment/, 'a comment has "--" in it or no end'],
  [
    /processing instruction|XML declaration|^version number|^encoding value|^standalone/,
    'its <?xml … ?> is not valid',
  ],
  [
    /name\/value pairs|^expected |^value |^whitespace required|^The character \?/,
    'its <?xml … ?> is not valid',
  ],
  [/^the string "]]>"/, 'a text has "]]>", which is written ]]&gt;'],
  [/^disallowed character/, 'it has a character that XML does not allow, such as a control character'],
];

/** @param message of saxes, with or without the place at its beginning; without a full stop in the answer */
export function xmlFlawInWords(message: string): string {
  const said = message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
  for (const [pattern, told] of WORDS) {
    const found = pattern.exec(said);
    if (found) return typeof told === 'string' ? told : told((found[1] ?? '').slice(0, 60));
  }
  return 'it is not well-formed';
}
