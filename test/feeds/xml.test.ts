import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readXml } from '../../src/feeds/read-xml.ts';
import type { Flaw, Problem } from '../../src/errors.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(text: string, { size = 64 * 1024, isPartial = false } = {}) {
  const { rows } = readXml(inPieces(text, size), { isPartial });
  const all = await Array.fromAsync(rows);
  return { lines: all.map(({ line }) => line), cells: all.map(({ cells }) => cells) };
}

async function refusalOf(text: string, size?: number): Promise<string> {
  const error = await read(text, { ...(size && { size }) }).then(
    () => assert.fail(`${text.slice(0, 100)} is accepted`),
    (error: Problem) => error,
  );
  const [flaw] = error.flaws as Flaw[];
  return `${flaw?.code} ${flaw?.line}: ${flaw?.detail}`;
}

// As in Google's help, "RSS 2.0 specification" and "Atom 1.0 specification".
const RSS = `<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">
<channel>
<title>Example - Online Store</title>
<link>http://www.example.com</link>
<image><url>http://www.example.com/logo.png</url></image>
<item>
<g:id>00000001</g:id>
<title>Not this one</title>
<g:title>Dog Bowl &amp; Spoon</g:title>
<g:image_link>http://www.example.com/1.jpg?a=1&amp;b=2</g:image_link>
<g:additional_image_link>http://www.example.com/2.jpg</g:additional_image_link>
<g:additional_image_link>http://www.example.com/3,4 5.jpg</g:additional_image_link>
<g:additional_image_link/>
<g:shipping><g:country>UK</g:country><g:price>4.95 GBP</g:price></g:shipping>
</item>
<item>
<g:id>2</g:id>
<title><![CDATA[A <b>bold</b> title]]></title>
<g:image_link> http://www.example.com/6.jpg </g:image_link>
</item>
</channel>
</rss>
`;

const ATOM = `<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:shop="http://base.google.com/ns/1.0">
<title>Example - Online Store</title>
<link rel="self" href="http://www.example.com"/>
<entry>
<shop:id>00000001</shop:id>
<shop:image_link>http://www.example.com/1.jpg</shop:image_link>
<link href="http://www.example.com/bowl"/>
<link rel="enclosure" href="http://www.example.com/2.jpg"/>
<summary>Made of <b>steel</b></summary>
</entry>
</feed>`;

describe('feeds in XML', () => {
  test('RSS with the elements of Google', async () => {
    for (const size of [1, 64 * 1024]) {
      const { cells, lines } = await read(RSS, { size });
      assert.deepEqual(cells, [
        ['id', 'title', 'image_link', 'additional_image_link', 'shipping'],
        [
          '00000001',
          'Dog Bowl & Spoon',
          'http://www.example.com/1.jpg?a=1&b=2',
          'http://www.example.com/2.jpg,http://www.example.com/3,4 5.jpg',
          '{"country":"UK","price":"4.95 GBP"}',
        ],
        ['2', 'A <b>bold</b> title', 'http://www.example.com/6.jpg', '', ''],
      ]);
      assert.deepEqual(lines, [7, 7, 17]);
    }
  });

  test('Atom, with another prefix for the elements of Google', async () => {
    assert.deepEqual((await read(ATOM)).cells, [
      ['id', 'image_link', 'link', 'link enclosure', 'summary'],
      [
        '00000001',
        'http://www.example.com/1.jpg',
        'http://www.example.com/bowl',
        'http://www.example.com/2.jpg',
        'Made of steel',
      ],
    ]);
  });

  test('a list of products', async () => {
    const xml =
      '<products><product><sku>1</sku><images><image>a</image><image>b</image></images></product></products>';
    assert.deepEqual((await read(xml)).cells, [
      ['sku', 'images'],
      ['1', '{"image":["a","b"]}'],
    ]);
  });

  test('of a part of a file, the last item is left out', async () => {
    assert.equal((await read(RSS.slice(0, -60), { isPartial: true })).cells.length, 2);
  });
});

describe('what is no feed', () => {
  const item = '<rss><channel><item><g:id>';
  const refused: [xml: string, why: RegExp][] = [
    ['<catalog><thing/></catalog>', /^xml_invalid 1: The XML has no products/],
    ['<!DOCTYPE rss [<!ENTITY a "b">]>\n<rss/>', /^xml_invalid 1: The XML has a document type definition/],
    [`${item}&euro;</g:id>`, /^xml_invalid 1: This is not valid XML: an "&" begins no entity/],
    [
      `<rss>\n<channel>\n<item></channel>`,
      /^xml_invalid 3: This is not valid XML: an element ends while another one/,
    ],
    [`${item}1</g:id>`, /^xml_invalid 1: This is not valid XML: the end of <[\w:]+> is missing/],
    [`${item}\n${'x'.repeat(2 ** 21)}`, /^row_too_long 1: /],
    [`<rss a="${'x'.repeat(2 ** 21)}`, /^row_too_long 1: /],
    [`<rss><!--${'x'.repeat(2 ** 21)}`, /^row_too_long 1: /],
    [`${item}${'<a>'.repeat(200)}`, /^xml_invalid 1: More than 100 elements are open/],
    [`${item}&#xd800;</g:id>`, /^xml_invalid/],
  ];
  for (const [xml, why] of refused)
    test(xml.slice(0, 40), async () => assert.match(await refusalOf(xml), why));

  test('an item of more than a million characters is refused, however its text arrives', async () => {
    const feed = (characters: number): string =>
      `<rss><channel><item><a>1</a></item>\n<item>${'<a>x</a>'.repeat(characters / 8 - 1)}</item></channel></rss>`;
    for (const size of [16 * 1024, 2 ** 20, 2 ** 24]) {
      assert.equal((await read(feed(2 ** 20 - 64), { size })).cells.length, 3);
      assert.match(await refusalOf(feed(2 ** 20 + 64), size), /^row_too_long 2/);
      assert.match(
        await refusalOf(feed(2 ** 20 + 64).replace('</item></', '&oops;</item></'), size),
        /^row_too_long 2/,
      );
    }
  });
});
