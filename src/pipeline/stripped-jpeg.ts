import { readFile } from 'node:fs/promises';

const [SOI, EOI, SOS] = [0xd8, 0xd9, 0xda];

/**
 * A JPEG without its metadata and without what follows its end; its picture is untouched.
 * Undefined where the picture depends on what would be dropped (a colour profile, CMYK, an orientation)
 * or where the structure is not plain.
 * ITU-T T.81, annex B. Kept: tables, frames, scans, JFIF (APP0) and Adobe's colour transform (APP14).
 */
export async function strippedJpeg(path: string): Promise<Buffer | undefined> {
  const file = await readFile(path);
  const kept: Buffer[] = [file.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= file.length) {
    if (file[at] !== 0xff) return undefined;
    const marker = file[at + 1] ?? 0;
    if (marker === EOI) return Buffer.concat([...kept, Buffer.from([0xff, EOI])]);
    const end = at + 2 + file.readUInt16BE(at + 2);
    if (marker === SOI || end > file.length) return undefined;
    const segment = file.subarray(at, end);
    if (changesThePicture(marker, segment)) return undefined;
    if (!isMetadata(marker)) kept.push(segment);
    at = end;
    if (marker === SOS) {
      at = endOfScan(file, end);
      kept.push(file.subarray(end, at));
    }
  }
  return undefined;
}

function isMetadata(marker: number): boolean {
  const isApplication = marker >= 0xe0 && marker <= 0xef;
  return (isApplication && marker !== 0xe0 && marker !== 0xee) || marker === 0xfe;
}

/** EXIF may hold an orientation, APP2 a colour profile; four components are CMYK. */
function changesThePicture(marker: number, segment: Buffer): boolean {
  if (marker === 0xe1) return segment.toString('latin1', 4, 8) === 'Exif' && turns(segment);
  if (marker === 0xe2) return segment.toString('latin1', 4, 15) === 'ICC_PROFILE';
  const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
  return isFrame && segment[9] !== 1 && segment[9] !== 3;
}

/** Whether the tag Orientation (0x0112) stands in it with another value than 1, in either byte order. */
function turns(exif: Buffer): boolean {
  const text = exif.toString('latin1');
  return /\x12\x01\x03\0\x01\0\0\0[^\x01]\0|\x01\x12\0\x03\0\0\0\x01\0[^\x01]/.test(text);
}

/** In the coded data a 0xFF is followed by 0 or by a restart marker (B.1.1.2). */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0 && at + 1 < file.length; at = file.indexOf(0xff, at + 1)) {
    const next = file[at + 1] ?? 0;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return file.length;
}
