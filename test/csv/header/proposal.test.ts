import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnMapping } from '../../../src/csv/header/columns.ts';
import { previewOf } from '../../support/previews.ts';

const U = 'https://shop.example';

/** What the error proposes, as it would be sent. */
function proposalOf(detail: string): { mapping?: ColumnMapping; headerLine?: number } {
  const mapping = /columns=(\{.*\})(?:,| and)/.exec(detail)?.[1];
  const line = /header_line=(\d+)/.exec(detail)?.[1];
  return {
    ...(mapping === undefined ? {} : { mapping: JSON.parse(mapping) as ColumnMapping }),
    ...(line === undefined ? {} : { headerLine: Number(line) }),
  };
}

test('a proposal works when it is followed', async () => {
  for (const [csv, images] of [
    [`Nr,Ansicht\n7,${U}/1.jpg\n`, 1],
    [`Nr,Ansicht vorn,Ansicht hinten\n7,${U}/1.jpg,${U}/2.jpg\n`, 2],
    [`Nr,Ansicht,Link\n7,${U}/1.jpg,${U}/p/7\n`, 1],
    [`Nr,Link\n7,${U}/p/7\n`, 1],
    [`Nr,Ansicht,Ansicht\n7,${U}/1.jpg,${U}/2.jpg\n`, 2],
    [`https://shop.example/,2026\nNr,Ansicht\n7,${U}/1.jpg\n`, 1],
    [`Nr,"Ansicht ""A"", groß"\n7,${U}/1.jpg\n`, 1],
    [`Titel des Berichts\n\nNr,Ansicht\n7,${U}/1.jpg\n`, 1],
    [`Titel des Berichts,x\nNr,Ansicht\n,\n7,\n8,${U}/1.jpg\n`, 1],
    [`Nr,Ansicht (Bilddatei)\n7,\n`, 0],
    [`*Action(SiteID=US|Country=US),*Title,Ansicht\nAdd,Mug,${U}/1.jpg|${U}/2.jpg\n`, 2],
  ] as const) {
    const { errors } = await previewOf(csv);
    const [{ code, detail } = { code: '', detail: '' }] = errors;
    assert.equal(code, 'no_image_column', csv);
    const proposal = proposalOf(detail);
    assert.ok(proposal.mapping, detail);
    const followed = await previewOf(csv, proposal);
    assert.deepEqual([followed.ok, followed.images, followed.errors], [true, images, []], detail);
  }
});

test('where no mapping can say it, a name is asked for', async () => {
  for (const [csv, detail] of [
    [
      `Nr,\n7,${U}/1.jpg\n`,
      /Column 2 holds URLs, and its name is empty or not unique: name it "Input Image Urls"/,
    ],
    [`Nr,,\n7,${U}/1.jpg,${U}/2.jpg\n`, /Column 2 holds URLs/],
    ['Nr,Text\n7,x\n', /Name one of the columns "Input Image Urls"; this file has "Nr", "Text"/],
    [`7,${U}/1.jpg\n`, /first line looks like data/],
    [`Nr,${'x'.repeat(4_000)}\n7,${U}/1.jpg\n`, /name it "Input Image Urls"/],
  ] as const) {
    const { errors } = await previewOf(csv);
    assert.match(errors[0]?.detail ?? '', detail);
    assert.doesNotMatch(errors[0]?.detail ?? '', /columns=/);
  }
});
