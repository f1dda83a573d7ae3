/** Makes ZIP files of any kind, also those that lie. test/support/zip.ts judges ours. */
import { crc32, deflateRawSync } from 'node:zlib';

export type BuiltPart = {
  name: string;
  content: string | Buffer;
  /** what the headers say, where it is not the truth */
  declaredBytes?: number;
  checksum?: number;
  /** general purpose flags: 1 is encryption */
  flags?: number;
  /** external attributes, with Unix's file mode in the upper half */
  attributes?: number;
  /** as is, without compression */
  isStored?: boolean;
  /** compressed already */
  raw?: Buffer;
  /** where the directory says that it is, if not where it is */
  offset?: number;
};

/** @param declaredCount how many parts the ZIP says that it has, if not so many: as ZIP64 */
export function buildZip(parts: BuiltPart[], declaredCount?: number): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const { fields, body } = entryOf(part);
    const name = Buffer.from(part.name);
    const local = Buffer.concat([numbers([4, 0x04034b50], [2, 20], ...fields, [2, 0]), name, body]);
    const attributes = part.attributes ?? 0;
    directory.push(
      numbers(
        [4, 0x02014b50],
        [2, 0x0314],
        [2, 20],
        ...fields,
        [2, 0],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, attributes],
        [4, part.offset ?? offset],
      ),
      name,
    );
    locals.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const count = Math.min(parts.length, 0xffff); // more are told in the records of ZIP64
  const end = numbers(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, list.length],
    [4, offset],
    [2, 0],
  );
  const zip64 = declaredCount === undefined ? [] : zip64End(declaredCount, list.length, offset);
  return Buffer.concat([...locals, list, ...zip64, end]);
}

function zip64End(count: number, bytes: number, offset: number): Buffer[] {
  const wide = (value: number): [number, number][] => [
    [4, value],
    [4, 0],
  ];
  const record = numbers(
    [4, 0x06064b50],
    ...wide(44),
    ...([
      [2, 45],
      [2, 45],
      [4, 0],
      [4, 0],
    ] as [number, number][]),
    ...[count, count, bytes, offset].flatMap(wide),
  );
  return [record, numbers([4, 0x07064b50], [4, 0], ...wide(offset + bytes), [4, 1])];
}

function entryOf({ name, content, declaredBytes, checksum, flags = 0x800, isStored, raw }: BuiltPart) {
  const bytes = Buffer.from(content as string);
  const body = raw ?? (isStored ? bytes : deflateRawSync(bytes, { level: 6 }));
  const fields: [number, number][] = [
    [2, flags],
    [2, isStored ? 0 : 8],
    [4, 0],
    [4, checksum ?? crc32(bytes)],
    [4, body.length],
    [4, declaredBytes ?? bytes.length],
    [2, Buffer.byteLength(name)],
  ];
  return { fields, body };
}

function numbers(...fields: [size: number, value: number][]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of fields) at = bytes.writeUIntLE(value, at, size);
  return bytes;
}
