const ADDRESS = /\b(?:HYPERLINK|IMAGE)\s*\(\s*"((?:[^"]|"")*)"/i;
const GOOGLE = /__xludf\.DUMMYFUNCTION\("((?:[^"]|"")*)"\)/i;
const WPS_PICTURE = /\bDISPIMG\(\s*"([^"]+)"/i;

/**
 * The address that a formula shows: the first text of HYPERLINK() or IMAGE(), which Excel writes as `_xlfn.IMAGE` and
 * Google Sheets as a text inside of another function.
 */
export function addressIn(formula: string): string | undefined {
  const inner = GOOGLE.exec(formula)?.[1];
  const address = ADDRESS.exec(inner === undefined ? formula : undoubled(inner))?.[1];
  return address === undefined || address === '' ? undefined : undoubled(address);
}

/** The id of a picture in a cell, as WPS Office writes it: `_xlfn.DISPIMG("ID_5B…",1)`. */
export function wpsPictureIn(formula: string): string | undefined {
  return WPS_PICTURE.exec(formula)?.[1];
}

function undoubled(text: string): string {
  return text.replaceAll('""', '"');
}
