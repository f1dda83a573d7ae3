/** Errors that a spreadsheet shows in the place of a value, in the words of several languages. */
const ERRORS: Record<string, string> = {
  'n/a': 'a lookup found nothing',
  nv: 'a lookup found nothing',
  ref: 'a cell that the formula needs was removed',
  bezug: 'a cell that the formula needs was removed',
  value: 'the formula was given a value of the wrong kind',
  wert: 'the formula was given a value of the wrong kind',
  valeur: 'the formula was given a value of the wrong kind',
  valor: 'the formula was given a value of the wrong kind',
  name: 'the formula has a name that the program does not know',
  nom: 'the formula has a name that the program does not know',
  nombre: 'the formula has a name that the program does not know',
  'div/0': 'the formula divides by zero',
  num: 'a number is too large, or has no result',
  zahl: 'a number is too large, or has no result',
  null: 'the areas of the formula have no cell in common',
  spill: 'the cells beside it are not empty',
  überlauf: 'the cells beside it are not empty',
  calc: 'the formula has no result',
  field: 'a field that the formula needs is missing',
  getting_data: 'the program was still loading the value when the file was saved',
  busy: 'the program was still loading the value when the file was saved',
  connect: 'the program could not load the value',
  blocked: 'the program was not allowed to load the value',
  unknown: 'the value is of a kind that the program does not know',
};

const FORM = /^#[¡¿]?([\p{L}\d/_]{2,20})[!?]?$/u;
const LIBREOFFICE = /^(?:Err|Fehler):\d{3}$/i;

/** What an error means; undefined: the text is none. */
export function errorValue(text: string): string | undefined {
  const core = text.trim();
  if (LIBREOFFICE.test(core)) return 'the formula has no result';
  const word = FORM.exec(core)?.[1]?.toLowerCase() ?? '';
  if (Object.hasOwn(ERRORS, word)) return ERRORS[word];
  return /^#[¡¿]?\p{Lu}[\p{Lu}\d/_]*[!?]$/u.test(core) ? 'the formula has no result' : undefined;
}
