/** A CSV to upload: a Blob or File, the path of a file (Node), or a stream, which can be sent once only. */
export type UploadSource = Blob | string | AsyncIterable<Uint8Array>;

export type Form = {
  contentType: string;
  /** undefined for a stream */
  bytes: number | undefined;
  isRepeatable: boolean;
  whole(): Blob | undefined;
  chunks(): AsyncIterable<Uint8Array>;
};

/** multipart/form-data with options and a file, which is read while it is sent. */
export async function formOf(
  source: UploadSource,
  fields: Record<string, string>,
  fileName: string | undefined,
): Promise<Form> {
  const boundary = `minilab-${crypto.randomUUID()}`;
  const contentType = `multipart/form-data; boundary=${boundary}`;
  const file = typeof source === 'string' ? await blobOf(source) : source;
  const name = fileName ?? nameOf(source) ?? 'upload.csv';
  const parts = Object.entries(fields).map(([field, value]) => `${head(boundary, field)}\r\n${value}\r\n`);
  const before = `${parts.join('')}${head(boundary, 'file', name)}content-type: text/csv\r\n\r\n`;
  const after = `\r\n--${boundary}--\r\n`;
  if (file instanceof Blob) {
    const whole = new Blob([before, file, after]);
    const chunks = (): AsyncIterable<Uint8Array> => whole.stream();
    return { contentType, bytes: whole.size, isRepeatable: true, whole: () => whole, chunks };
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    yield encoder.encode(before);
    yield* file as AsyncIterable<Uint8Array>;
    yield encoder.encode(after);
  }
  return { contentType, bytes: undefined, isRepeatable: false, whole: () => undefined, chunks };
}

function head(boundary: string, field: string, fileName?: string): string {
  const file = fileName === undefined ? '' : `; filename="${escaped(fileName)}"`;
  return `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(field)}"${file}\r\n`;
}

/** As browsers do. */
function escaped(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

function nameOf(source: UploadSource): string | undefined {
  if (typeof source === 'string') return source.split(/[/\\]/).at(-1);
  return 'name' in source && typeof source.name === 'string' ? source.name : undefined;
}

/** A file of the disk that is read when it is sent. */
async function blobOf(path: string): Promise<Blob> {
  const { openAsBlob } = await import('node:fs');
  return openAsBlob(path);
}
