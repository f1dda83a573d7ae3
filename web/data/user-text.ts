/** Controls and characters that change the direction of a line: a name with them can look like another one. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** A text of a user with its hidden characters made visible: a line break as ⏎, others by their code. */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (character) =>
    character === '\n' ? '⏎' : character === '\t' ? ' ' : `⟨${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

/** A text of several lines, such as the body of a message, with its hidden characters made visible. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** Whether an address may be a link: a browser runs `javascript:`. */
export function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
