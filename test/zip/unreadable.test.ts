/** What people read of a ZIP or workbook that is damaged: no word of the library that reads it. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { previewUpload } from '../../src/intake/preview.ts';
import { buildZip } from '../support/zip-builder.ts';
import { textWorkbook } from '../support/workbooks.ts';

const RULES = { maxBytes: 1e9, allowPaths: false, presets: new Set<string>() };
const NOT_OURS = /signature|central dir|disk number|truncated|header|record|extra field|yauzl|0x/i;

const ARCHIVE = buildZip([
  { name: 'p.csv', content: 'SKU,Image URLs\nA,a.jpg\n' },
  { name: 'a.jpg', content: 'x'.repeat(100) },
]);

async function refusal(file: Buffer): Promise<string> {
  const { preview } = await previewUpload(Readable.from([file]), RULES);
  assert.equal(preview.errors.length, 1);
  const { code, detail } = preview.errors[0] ?? { code: '', detail: '' };
  assert.doesNotMatch(detail, NOT_OURS);
  return `${code}: ${detail}`;
}

/** The archive with bytes changed, counted from the beginning of its directory or of its end. */
function changed(at: 'directory' | 'end', offset: number, ...bytes: number[]): Buffer {
  const file = Buffer.from(ARCHIVE);
  const signature = at === 'directory' ? 0x02014b50 : 0x06054b50;
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(signature);
  file.set(bytes, file.indexOf(mark) + offset);
  return file;
}

test('a file that is cut, at any place: its end is missing, and what to do', async () => {
  for (const file of [ARCHIVE, textWorkbook([['SKU', 'Image']])])
    for (const cut of [1, 10, 21, 22, 40, Math.floor(file.length / 2), file.length - 4]) {
      const said = await refusal(file.subarray(0, file.length - cut));
      assert.match(
        said,
        /^zip_damaged: The (end of the )?file .* Copy or download the file again\./,
        `${cut} bytes`,
      );
    }
});

test('bytes behind its end; a list of contents that is damaged; a part of a split archive; an encrypted one', async () => {
  assert.match(
    await refusal(Buffer.concat([ARCHIVE, Buffer.from('more')])),
    /^zip_damaged: The file has other bytes behind its end\. Copy or download/,
  );
  assert.match(
    await refusal(changed('directory', 1, 0)),
    /^zip_damaged: The file is damaged: its list of contents/,
  );
  assert.match(
    await refusal(changed('end', 16, 9, 9)),
    /^zip_damaged: The file is damaged: its list of contents/,
  );
  assert.match(
    await refusal(changed('end', 4, 3)),
    /^zip_damaged: The file is a part of an archive that was split/,
  );
  assert.match(
    await refusal(changed('directory', 8, 0x41)),
    /^file_encrypted: The archive is encrypted\. Pack/,
  );
});

test('a table in an archive that is damaged or compressed in another way', async () => {
  const table = { name: 'p.csv', content: 'SKU,Image URLs\nA,a.jpg\n' };
  const raw = Buffer.from('no deflate');
  assert.match(
    await refusal(buildZip([{ ...table, raw }])),
    /^zip_damaged: "p\.csv" in the file is damaged\. Copy/,
  );
  assert.match(
    await refusal(changed('directory', 10, 12)),
    /^zip_damaged: "p\.csv" in the file is compressed in a way that is not read\. Save .* as a plain ZIP/,
  );
});
