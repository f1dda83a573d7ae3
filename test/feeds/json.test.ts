import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJson } from '../../src/feeds/read-json.ts';
import type { Flaw, Problem } from '../../src/errors.ts';

type Read = { lines: number[]; cells: string[][]; warnings: Flaw[] };

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(text: string, { size = 64 * 1024, isPartial = false } = {}): Promise<Read> {
  const { rows, warnings } = readJson(inPieces(text, size), { isPartial });
  const all = await Array.fromAsync(rows);
  return { lines: all.map(({ line }) => line), cells: all.map(({ cells }) => cells), warnings };
}

async function refusalOf(text: string, size?: number): Promise<string> {
  const error = await read(text, { ...(size && { size }) }).then(
    () => assert.fail(`${text.slice(0, 100)} is accepted`),
    (error: Problem) => error,
  );
  const [flaw] = error.flaws as Flaw[];
  assert.equal(error.code, 'csv_invalid');
  return `${flaw?.code} ${flaw?.line}: ${flaw?.detail}`;
}

const TABLE = [
  ['sku', 'image'],
  ['00000001', 'https://a.example/1.jpg'],
  ['2', 'https://a.example/2.jpg'],
];

describe('the shapes of JSON that are tables', () => {
  const objects = TABLE.slice(1).map(([sku, image]) => ({ sku, image }));
  const shapes: Record<string, string> = {
    'an array': JSON.stringify(objects),
    'an array over several lines': JSON.stringify(objects, null, 2),
    'lines (NDJSON)': objects.map((each) => JSON.stringify(each)).join('\n'),
    'lines with line ends of Windows, and empty ones': `${objects.map((each) => JSON.stringify(each)).join('\r\n\r\n')}\r\n`,
    'objects one after another': objects.map((each) => JSON.stringify(each, null, 1)).join(''),
    'an object with an array': JSON.stringify({ total: 2, products: objects, next: null, tags: ['a'] }),
    'an object with an array in an object': JSON.stringify(
      { ok: true, data: { a: { b: [] }, products: objects } },
      null,
      1,
    ),
  };
  for (const [name, text] of Object.entries(shapes))
    test(name, async () => {
      for (const size of [1, 7, 64 * 1024])
        assert.deepEqual((await read(text, { size })).cells, TABLE, `${size}`);
    });

  test('one object is one row', async () => {
    assert.deepEqual((await read('{"sku": "1", "tags": ["a", "b"]}')).cells, [
      ['sku', 'tags'],
      ['1', 'a,b'],
    ]);
  });

  test('an object that is longer than a row is searched while it arrives', async () => {
    const items = Array.from({ length: 30_000 }, (_, i) => ({
      sku: `${i}`,
      image: `https://a.example/${i}.jpg`,
    }));
    const { cells, lines } = await read(JSON.stringify({ products: items }));
    assert.equal(cells.length, 30_001);
    assert.deepEqual(lines.slice(-1), [30_000], 'on one line, rows are counted');
  });
});

describe('values', () => {
  test('are written as they stand in the file', async () => {
    const values: [string, string][] = [
      ['"00000001"', '00000001'],
      ['12345678901234567890', '12345678901234567890'],
      ['1E5', '1E5'],
      ['-0.50', '-0.50'],
      ['true', 'true'],
      ['null', ''],
      ['""', ''],
      ['[]', ''],
      ['{ }', ''],
      [String.raw`"a\"b\\\/\u00e9\ud83d\ude00\n"`, 'a"b\\/é😀\n'],
      ['{"w": 1.50, "t": ["a b", 12345678901234567890]}', '{"w":1.50,"t":["a b",12345678901234567890]}'],
      ['[1, 2.0]', '[1,2.0]'],
      [
        '["https://a.example/1.jpg", null, "https://a.example/2.jpg"]',
        'https://a.example/1.jpg,,https://a.example/2.jpg',
      ],
      ['"=1+1"', '=1+1'],
    ];
    for (const size of [1, 3, 64 * 1024]) {
      const { cells } = await read(`[{${values.map(([json], i) => `"c${i}": ${json}`).join(', ')}}]`, {
        size,
      });
      assert.deepEqual(
        cells[1],
        values.map(([, text]) => text),
      );
    }
  });

  test('belong to their keys, in any order; an object without values is no row', async () => {
    const { cells, lines } = await read(
      '{"a":"1","b":"2"}\n{}\n{"b":"3"}\n{"2":"x","__proto__":"y","a":"4","a":"5"}',
    );
    assert.deepEqual(cells, [
      ['a', 'b', '2', '__proto__'],
      ['1', '2', '', ''],
      ['', '3', '', ''],
      ['5', '', 'x', 'y'],
    ]);
    assert.deepEqual(lines, [1, 1, 3, 4]);
  });

  test('of keys that come after 1,000 objects are left out, with a warning, however the file arrives', async () => {
    const lines: string[] = Array.from({ length: 1_002 }, (_, i) =>
      i < 1_000 ? '{"a":"1"}' : '{"a":"1","late":"2"}',
    );
    lines[999] = '{"a":"1","last":"2"}';
    for (const size of [100, 64 * 1024]) {
      const { cells, warnings } = await read(lines.join('\n'), { size });
      assert.deepEqual(cells[0], ['a', 'last']);
      assert.deepEqual(cells.at(-1), ['1', '']);
      assert.deepEqual(
        warnings.map(({ line, code }) => [line, code]),
        [[1_001, 'unknown_key']],
      );
      const oneLine = await read(`{"products":\n[{},${lines.join(',')}]}`, { size });
      const numbers = oneLine.warnings.map(({ line }) => line); // of rows; the empty object is none
      assert.deepEqual(numbers, [1_000, 1_001]);
    }
  });
});

describe('what is no table of JSON', () => {
  const refused: [json: string, why: RegExp][] = [
    [
      '[1, 2]',
      /^json_invalid 1: There must be an object here, not "1"\. Write an array with one object per product/,
    ],
    ['[\n["a", "b"]]', /^json_invalid 2: There must be an object here, not an array/],
    ['["a"]', /not a text/],
    ['{"a": "1"}\n["b"]', /^json_invalid 2: There must be an object here, not an array/],
    ['[{"a": "1"},\n]', /^json_invalid 2: There must be an object here, not "]"/],
    [
      '[{"a": "1"}\n{"a": "2"}]',
      /^json_invalid 2: .* After an object there must be "," or "]", not "{\\"a\\": \\"2\\"}]" \(character 1/,
    ],
    [
      '[{"a": 007}]',
      /^json_invalid 1: .*"007}]" is no value of JSON: put a number with leading zeros in quotation marks \(character 8/,
    ],
    ['[{"a": NaN}]', /write null/],
    ["[{'a': 1}]", /there must be a key in quotation marks/],
    ['[{a: 1}]', /there must be a key in quotation marks/],
    ['{"a": "1"}\n{"a": "x\n"}\n{"a": "2"}', /^json_invalid 2: .*\(character 9 of the line\)/],
    [String.raw`[{"a": "\x"}]`, /^json_invalid 1: .* is not valid here \(character 10/],
    [String.raw`[{"a": "\u0000"}]`, /NUL character/],
    [String.raw`[{"a": "\ud83d"}]`, /half of a surrogate pair/],
    ['[{"a": {"b": }}]', /^json_invalid 1: .*"}}]" is no value of JSON \(character 14/],
    ['[{"a": [1,,2]}]', /^json_invalid 1: .*",2]}]" is no value of JSON \(character 11/],
    ['[{"a": [1, {"b": [}]}]}]', /^json_invalid 1: .*"}]}]}]" is no value of JSON \(character 19/],
    [`[{"a": ${'['.repeat(5_000)},${']'.repeat(5_000)}}]`, /the value that begins here is not valid/],
    ['{{"a": [{}]}}', /^json_invalid 1: .*there must be a key in quotation marks, not "{/],
    ['{"b": 1 "a": [{"c": 2}]}', /^json_invalid 1: .*After a value there must be "," or "}", not "\\"a/],
    ['{"b": 1, "a": [{"c": 2}],}', /^json_invalid 1: .*there must be a key in quotation marks, not "}"/],
    ['{"b": [1, 2}, "a": [{"c": 2}]}', /^json_invalid 1: .*After a value there must be "," or "]"/],
    ['{"b": 1,, "a": [{"c": 2}]}', /^json_invalid 1: .*there must be a key in quotation marks, not ",/],
    ['[{"a": "1"}] [', /^json_invalid 1: There is more behind the end of the JSON: an array/],
    ['{"a": [{"b": "1"}],\n"c": [{"d": "2"}]}', /^json_invalid 2: Another array of objects begins here/],
    ['[{"a": "1"}, {"a": "2"', /^json_invalid 1: The file ends within the value that begins here/],
    ['{"a": "1"', /The file ends within/],
    [`[{"a": "${'x'.repeat(2 ** 21)}"}]`, /^row_too_long 1: .* Is a quotation mark or a bracket missing\?$/],
    ['[{"a": "1"},\n{"a": "', /^json_invalid 2: The file ends within/],
  ];
  for (const [json, why] of refused)
    test(json.slice(0, 40), async () => assert.match(await refusalOf(json), why));

  test('the place of a flaw does not depend on how the text arrives', async () => {
    for (const [json] of refused.filter(([each]) => each.length < 100)) {
      const [whole, inParts] = [await refusalOf(json), await refusalOf(json, 1)];
      assert.equal(/\(character \d+/.exec(inParts)?.[0], /\(character \d+/.exec(whole)?.[0], json);
      assert.equal(inParts.slice(0, 15), whole.slice(0, 15), json);
    }
  });

  test('a value of more than a million characters is refused, however its text arrives', async () => {
    const object = (characters: number): string => `{"a": "${'x'.repeat(characters - 9)}"}`;
    const [allowed, long] = [object(2 ** 20 - 1), object(2 ** 20 + 9)];
    for (const size of [16 * 1024, 2 ** 20, 2 ** 24]) {
      for (const text of [`${allowed}\n${allowed}`, `{"a": "1"}\n${allowed}`])
        assert.equal((await read(text, { size })).cells.length, 3, `${size}`);
      for (const text of [
        `{"a": "1"}\n${long}`,
        `[{"a": "1"},\n${long}, {}]`,
        `{"p":[{"a": "1"}],\n${long.slice(1)}`,
      ])
        assert.match(await refusalOf(text, size), /^row_too_long 2/, `${size}`);
      assert.match(await refusalOf(`{"a": 1}\n${long.slice(0, -1)}, oops}`, size), /^row_too_long 2/);
      assert.match(
        await refusalOf(object(2 ** 20 - 50) + ' '.repeat(100) + object(20), size),
        /no array in it holds/,
      );
      assert.match(
        await refusalOf(`{"b": [1${',1'.repeat(2 ** 18)}], "a": [1${',1'.repeat(2 ** 18)}]}`, size),
        /no array/,
      );
    }
  });

  test('rows before an error are still read', async () => {
    const { rows } = readJson(inPieces('{"a":"1"}\n{"a":"2"}\noops', 100), {});
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const { cells } of rows) seen.push(...cells);
    });
    assert.deepEqual(seen, ['a', '1', '2']);
  });

  test('of a part of a file, the last value is cut', async () => {
    for (const text of ['{"a":"1"}\n{"a":"2', '[{"a":"1"},{"a":"2"', '{"products":[{"a":"1"},{"a":'])
      assert.deepEqual((await read(text, { isPartial: true })).cells, [['a'], ['1']], text);
  });

  test('takes linear time: brackets, backslashes and quotation marks without end', async () => {
    for (const unit of ['[', '{"a":', '\\', '"', '{"a":"\\"', '[{}', '{}', ' '])
      await refusalOf(`[{"a":${unit.repeat(2 ** 18)}`).catch(() => undefined);
  });
});
