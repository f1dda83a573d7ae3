/**
 * The only metadata that is kept. Everything else (position, camera, owner, thumbnails) is dropped. The kept values
 * are read from the source's XMP or EXIF and written into a new packet, so that nothing else gets through.
 */
import type { Metadata } from 'sharp';
import { readerOf } from './formats/byte-reader.ts';
import { readDirectory, TEXTS } from './formats/tiff-directory.ts';

const MAX_XMP_BYTES = 2 ** 20; // in a JPEG an XMP packet has at most 64 KiB
const MAX_TEXT = 500;

// IPTC Photo Metadata Standard 2025.1, Digital Source Type; its values are a closed vocabulary.
const SOURCE_TYPE =
  /:DigitalSourceType(?:\s*=\s*["']|>\s*|\s+rdf:resource\s*=\s*["'])(https?:\/\/cv\.iptc\.org\/newscodes\/digitalsourcetype\/[A-Za-z]{1,60})\s*["'<]/;

/**
 * An XMP packet with the digital source type, and with copyright and credit if they are to be kept. Undefined if the
 * source has none of them. The digital source type marks pictures made by AI: Google Merchant Center requires it.
 */
export function keptXmp(
  { xmp, exif }: Metadata,
  { keepCredit }: { keepCredit: boolean },
): string | undefined {
  const text = textOf(xmp);
  const sourceType = SOURCE_TYPE.exec(text)?.[1];
  const rights = keepCredit ? (languageText(text, 'dc:rights') ?? exifCopyright(exif)) : undefined;
  const credit = keepCredit ? simpleText(text, 'photoshop:Credit') : undefined;
  const properties = [
    sourceType && `<Iptc4xmpExt:DigitalSourceType>${sourceType}</Iptc4xmpExt:DigitalSourceType>`,
    rights && `<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">${rights}</rdf:li></rdf:Alt></dc:rights>`,
    credit && `<photoshop:Credit>${credit}</photoshop:Credit>`,
  ].filter(Boolean);
  if (properties.length === 0) return undefined;
  return (
    '<?xpacket begin="\u{feff}" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
    'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:dc="http://purl.org/dc/elements/1.1/" ' +
    `xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">${properties.join('')}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
  );
}

// Of the vocabulary: made by generative AI, edited with it, composed of parts that may be made by it.
const BY_AI = /\/(?:trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia|compositeSynthetic)$/;

/** Whether the digital source type says that AI has generated the picture, or a part of it. */
export function isByAi({ xmp }: Metadata): boolean {
  return BY_AI.test(SOURCE_TYPE.exec(textOf(xmp))?.[1] ?? '');
}

function textOf(xmp: Buffer | undefined): string {
  return xmp && xmp.length <= MAX_XMP_BYTES ? xmp.toString('utf8') : '';
}

/** The first language's text of a property. Markup inside the text ends it. */
function languageText(xmp: string, property: string): string | undefined {
  const found = new RegExp(`<${property}>\\s*<rdf:Alt>\\s*<rdf:li[^>]*>([^<]{1,${MAX_TEXT}})<`).exec(xmp);
  return wellFormed(found?.[1]);
}

function simpleText(xmp: string, property: string): string | undefined {
  const found = new RegExp(`(?:<${property}>|\\s${property}=["'])([^<"']{1,${MAX_TEXT}})[<"']`).exec(xmp);
  return wellFormed(found?.[1]);
}

/** Unescapes a text and escapes it again, so that the result is text whatever it held. */
function wellFormed(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const plain = text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? '').trim();
  return plain === '' ? undefined : escaped(plain);
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function escaped(text: string): string {
  return text
    .replaceAll(/\p{C}/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const EXIF_COPYRIGHT = 0x8298;

/** Tag Copyright of the first directory: Exif 3.0, 4.6.5. */
function exifCopyright(exif: Buffer | undefined): string | undefined {
  if (!exif) return undefined;
  const tiff = exif.subarray(exif.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0);
  const bytes = readDirectory(readerOf(tiff), new Set([EXIF_COPYRIGHT]), TEXTS)?.values.get(EXIF_COPYRIGHT);
  const text = Buffer.from(bytes?.slice(0, MAX_TEXT) ?? []).toString();
  const line = text.replace(/\0[^]*$/, '').trim();
  return line === '' ? undefined : escaped(line);
}
