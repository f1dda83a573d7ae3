/** Of presets and channels, whose names stand in addresses, commands and file names. */
const NAME = '^[a-z][a-z0-9-]{0,63}$';

const RULE =
  'A name begins with a small letter, then has small letters, digits and hyphens, at most 64 in all.';

/** What is wrong with a name: nothing, or one flaw. */
export function nameFlaws(name: string): { at: string; detail: string }[] {
  return new RegExp(NAME).test(name) ? [] : [{ at: '/name', detail: RULE }];
}
