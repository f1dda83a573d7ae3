import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddress } from '../../../src/csv/cells/address.ts';
import {
  GRAMMAR,
  joinSlots,
  rewritten,
  type SlotColumns,
  slotsOfCells,
  slotsOfRow,
} from '../../../src/csv/cells/slots.ts';
import { random } from '../../support/random.ts';

const COLUMN: SlotColumns = { images: [0], grammar: GRAMMAR };
const [A, B, C] = [
  'https://a.example/1.jpg',
  'http://b.example/media/2.png?v=3&w=600',
  'https://c.example/img/7',
];

/** What a cell says: an address of each slot, '' for an empty one, `!` and why it is none. */
function read(cell: string, allowPaths = false): string[] {
  return slotsOfCells([cell], COLUMN).flatMap(({ slots }) =>
    slots.map((slot) => {
      const address = readAddress(slot, allowPaths);
      if ('url' in address) return address.url;
      return 'none' in address ? '' : `!${address.why}`;
    }),
  );
}

function reads(cells: Record<string, string[]>): void {
  for (const [cell, expected] of Object.entries(cells)) assert.deepEqual(read(cell), expected, cell);
}

test('whatever people write between addresses separates them', () => {
  const separators = [
    ...[';', '; ', ' ; ', ' ;', ',', ' , ', '|', ' | ', '\n', '\r\n', '\t', ' ', '  ', '\u00a0', '\u3000'],
    ...[
      '<br>',
      '<br/>',
      ' <br /> ',
      '\\n',
      '\\r\\n',
      ', and ',
      ' and ',
      ' & ',
      ' / ',
      ' + ',
      ' - ',
      '::',
      ' :: ',
    ],
    ...[
      '，',
      '；',
      '、',
      '｜',
      '،',
      '&nbsp;',
      '&#10;',
      '\u200b',
      ',\n',
      ';\r\n',
      '\n- ',
      '\n• ',
      '\n2) ',
      ', main=',
    ],
  ];
  for (const separator of separators)
    assert.deepEqual(read(`${A}${separator}${B}${separator}${C}`), [A, B, C], JSON.stringify(separator));
  for (const separator of ['', '^', '~', '#', ' > ', '*'])
    // behind the name of a picture only
    assert.deepEqual(read(`${A}${separator}${C}`), [A, C], JSON.stringify(separator));
});

test('an empty place is a slot between marks of every kind, and behind the last one', () => {
  reads({
    [`${A};;${B}`]: [A, '', B],
    [`${A}; ;${B}`]: [A, '', B],
    [`${A}||${B}`]: [A, '', B],
    [`${A};`]: [A, ''],
    [`;${A}`]: ['', A],
    [`${A},;${B}`]: [A, '', B],
    [`["${A}","","${B}"]`]: [A, '', B],
    [`["${A}",""]`]: [A, ''],
    [`["","${A}"]`]: ['', A],
    [`["${A}","${B}",]`]: [A, B],
  });
});

test('a URL may hold semicolons, commas, bars, brackets, quotation marks and other URLs', () => {
  for (const url of [
    'https://cdn.example/x;jsessionid=1?a;b',
    'https://cdn.example/a.jpg;w=200',
    'https://cdn.example/a.jpg,w_200',
    'https://cdn.example/a.jpg?crop=0,0,10,10',
    'https://cdn.example/a.jpg?crop=0,0',
    'https://iiif.example/x/0,0,512,512/full/0/default.jpg',
    'https://cdn.example/fetch/w_200,h_100/https://a.example/1.jpg',
    'https://t.example/unsafe/filters:watermark(https://a.example/w.png,-10,-10,50)/https://b.example/1.jpg',
    'https://web.archive.org/web/2020im_/https://a.example/1.jpg',
    'https://p.example/?url=https://a.example/1.jpg',
    'https://en.example/Foo_(bar)',
    "https://a.example/it's.jpg",
    'https://a.example/x|y.jpg',
    'https://a.example/x, y.jpg',
    'https://a.example/my photo (1).jpg',
    'https://a.example/photo.jpg copy.jpg',
    'https://user.example:8443/a.jpg',
    'https://a.example/~me/a.jpg?sig=a/b+c==',
    'https://a.example/?copy=1&ampere=2',
    'http://[2001:db8::1]/a.jpg',
    'https://日本.example/写真.jpg',
  ]) {
    assert.deepEqual(read(url), [url]);
    assert.deepEqual(read(`${url};${A}`), [url, A]);
    assert.deepEqual(read(`${A}, ${url}`), [A, url]);
    assert.deepEqual(read(`"${url}"`), [url]);
  }
});

test('quotation marks, brackets, tags and formulas around an address are no part of it', () => {
  const around = [
    ...[
      '"%"',
      "'%'",
      '“%”',
      '‘%’',
      '„%“',
      '«%»',
      '`%`',
      '<%>',
      '[%]',
      '(%)',
      '{%}',
      '\\"%\\"',
      '%.',
      '%"',
      '% ',
      '-%',
    ],
    ...[
      '![a mug](%)',
      '[a mug](%)',
      '[%](%)',
      '<img src="%">',
      "<img src='%' alt='Red, big'/>",
      '<a href="%">%</a>',
    ],
    ...[
      '<p><img alt="x" data-src="y" src="%"></p>',
      '["%"]',
      '{"src":"%"}',
      'a:1:{i:0;s:23:"%";}',
      'url(%)',
      "url('%')",
    ],
    ...[
      '=HYPERLINK("%";"%")',
      '=HYPERLINK("%", "show")',
      '=IMAGE("%")',
      '=IMAGE("%",1)',
      'url: %',
      'image=%',
      '1) %',
    ],
    ...[
      '\ufeff%',
      '\u200b%\u200b',
      '\u200e%\u200f',
      '\u00a0%\u00a0',
      '\u202a%\u202c',
      '\u2060%',
      '&quot;%&quot;',
      'Front: %',
    ],
    ...[
      '[![x](%)](https://shop.example/page)',
      '% | Red mug',
      '% ! alt : Red, blue ! title : x',
      '% Red mug',
      '% (front)',
    ],
  ];
  for (const pattern of around) assert.deepEqual(read(pattern.replaceAll('%', A)), [A], pattern);
  reads({
    [`["${A}","${B}"]`]: [A, B],
    [`"${A}","${B}"`]: [A, B],
    [`'${A}', '${B}'`]: [A, B],
    [`[${A}, ${B}]`]: [A, B],
    [`<${A}>;<${B}>`]: [A, B],
    [`<img src="${A}" alt="Red, big"><img src="${B}">`]: [A, B],
    [`![x](${A}) ![y](${B})`]: [A, B],
    [`a:2:{i:0;s:23:"${A}";i:1;s:38:"${B}";}`]: [A, B],
    [`[{"src":"${A}","alt":"Red, big"},{"src":"${B}"}]`]: [A, B],
    [`${A} ! alt : Red, blue ! title : x | ${B} ! alt : y`]: [A, B],
    [`image=${A},small_image=${B}`]: [A, B],
  });
});

test('an address is read as it was meant where there is one meaning', () => {
  reads({
    'https://a.example/1.jpg?w=600&amp;h=400': ['https://a.example/1.jpg?w=600&h=400'],
    'https://a.example/1.jpg?w=600&#38;h=400': ['https://a.example/1.jpg?w=600&h=400'],
    'https://a.example/1.jpg?w=600&#x26;h=400': ['https://a.example/1.jpg?w=600&h=400'],
    'https://a.example/1.jpg?w=600&amp;amp;h=400': ['https://a.example/1.jpg?w=600&h=400'],
    'https://a.example/1.jpg?w=1&amp;h=4;https://b.example/2.jpg?x=1&amp;y=2': [
      'https://a.example/1.jpg?w=1&h=4',
      'https://b.example/2.jpg?x=1&y=2',
    ],
    'https:\\/\\/a.example\\/1.jpg?a=1\\u0026b=2': ['https://a.example/1.jpg?a=1&b=2'],
    '["https:\\/\\/a.example\\/1.jpg","https:\\/\\/a.example\\/2.jpg"]': [
      'https://a.example/1.jpg',
      'https://a.example/2.jpg',
    ],
    'https：／／a.example/1.jpg': ['https://a.example/1.jpg'],
    'https%3A%2F%2Fa.example%2F1.jpg': ['https://a.example/1.jpg'],
    'https://https://a.example/1.jpg': ['https://a.example/1.jpg'],
    'http://https://a.example/1.jpg': ['https://a.example/1.jpg'],
    '//cdn.example/1.jpg': ['https://cdn.example/1.jpg'],
    '//cdn.example/1.jpg, //cdn.example/2.jpg': ['https://cdn.example/1.jpg', 'https://cdn.example/2.jpg'],
    'https://a.exa\u200bmple/1.jpg': ['https://a.example/1.jpg'],
    'https&colon;//a.example/1.jpg': ['https://a.example/1.jpg'],
    'http:/a.example/1.jpg': ['http:/a.example/1.jpg'], // as browsers read it
    'https:\\\\a.example\\1.jpg': ['https:\\\\a.example\\1.jpg'],
  });
});

test('words for "no image" are empty slots, alone and between addresses', () => {
  for (const word of [
    'N/A',
    '#N/A',
    '-',
    '–',
    'none',
    'NULL',
    'no image',
    'No Image Available',
    '0',
    'tbd',
    'no_selection',
    '#REF!',
    '"N/A"',
  ])
    assert.deepEqual(read(word), [''], word);
  reads({
    [`${A},N/A,${B}`]: [A, '', B],
    [`N/A; ${B}`]: ['', B],
    [`${A}|none`]: [A, ''],
    [`${A}, -, ${B}`]: [A, '', B],
    'N/A, N/A': ['', ''],
  });
});

test('what cannot be an address is told with what to do', () => {
  const scheme = /does not begin with http:\/\/ or https:\/\//;
  for (const [cell, why] of [
    ['www.shop.example/1.jpg', /write https:\/\/www\.shop\.example\/1\.jpg if you mean that/],
    ['cdn.shop.example/1.jpg', /write https:\/\/cdn\.shop\.example\/1\.jpg if/],
    ['C:\\img\\a.jpg', /path of a file on a computer/],
    ['\\\\server\\img\\a.jpg', /path of a file on a computer/],
    ['file:///C:/img/a.jpg', /path of a file on a computer/],
    ['data:image/png;base64,iVBORw0KGgo=', /image encoded as text/],
    ['hxxp://a.example/1.jpg', /hxxp/],
    ['ftp://a.example/1.jpg', scheme],
    ['s3://bucket/1.jpg', scheme],
    ['photo.jpg', scheme],
    ['see the folder', scheme],
    ['#SPILL!', /an error of the spreadsheet \(the cells beside it are not empty\); correct the formula/],
    ['#BEZUG!', /an error of the spreadsheet \(a cell that the formula needs was removed/],
    ['#¡VALOR!', /an error of the spreadsheet \(the formula was given a value of the wrong kind/],
    ['Err:502', /an error of the spreadsheet/],
    ['#PYTHON!', /an error of the spreadsheet \(the formula has no result/],
    ['#12 red', scheme],
    ['https://', /cannot be read/],
    ['https://user:secret@a.example/1.jpg', /password/],
  ] as const) {
    const [first = ''] = read(cell);
    assert.match(first, why, cell);
  }
  for (const cell of [`${A};ftp://b.example/2.jpg`, `${A}, photo2.jpg`, `${A}; C:\\2.jpg`]) {
    const [first, second = ''] = read(cell);
    assert.deepEqual([first, second[0]], [A, '!'], cell);
  }
});

test('minilab process takes names of files, and what stands elsewhere is told', () => {
  assert.deepEqual(read('front.jpg, photos/back side.jpg;side.jpg', true), [
    'front.jpg',
    'photos/back side.jpg',
    'side.jpg',
  ]);
  assert.deepEqual(read('a&amp;b;c.jpg', true), ['a&amp;b;c.jpg']);
  assert.match(read('C:\\img\\a.jpg', true)[0] ?? '', /^!/);
  assert.match(read('#SPILL!', true)[0] ?? '', /^!.*an error of the spreadsheet/);
  assert.match(read('www.shop.example/a.jpg', true)[0] ?? '', /^!/);
});

const PIECES = [
  ...[
    A,
    B,
    C,
    'https://a.example/my photo.jpg',
    'N/A',
    '',
    '',
    ' ',
    'Red mug',
    'photo.jpg',
    '"',
    "'",
    '[',
    ']',
    '(',
    ')',
  ],
  ...[
    ',',
    ',',
    ';',
    ';',
    '|',
    ' | ',
    '; ',
    '\n',
    ' ',
    '<br>',
    ' and ',
    '<img src="',
    '">',
    '&amp;',
    '\\n',
    '::',
    'x=',
    '，',
  ],
];

test('20,000 generated cells: a cell is its slots and what is between, and every output has its own slot', () => {
  const dice = random(11);
  for (let i = 0; i < 20_000; i += 1) {
    const cell = Array.from({ length: dice.upTo(9) }, () => dice.pick(PIECES)).join('');
    const [only] = slotsOfCells([cell], COLUMN);
    if (!only) continue;
    const { before, slots, separators, after } = only;
    assert.equal(before + slots.map((slot, k) => slot + (separators[k] ?? '')).join('') + after, cell.trim());
    const row = slotsOfRow([cell], COLUMN);
    assert.deepEqual(row.slots, slots);
    const outputs = slots.map((_, k) => (dice.upTo(4) === 1 ? '' : `https://out.example/${k}.jpg`));
    const joined = joinSlots(outputs, row.separators);
    if (joined !== '')
      assert.deepEqual(slotsOfRow([joined], COLUMN).slots, outputs, JSON.stringify([cell, joined]));
  }
});

test('style=replace writes an address where the other one stood, and leaves what is around it', () => {
  const replaced = (cell: string, outputs: string[]): string => {
    const [only] = slotsOfCells([cell], COLUMN);
    assert.ok(only);
    assert.equal(only.slots.length, outputs.length, cell);
    return rewritten({ ...only, slots: outputs });
  };
  assert.equal(replaced(`${A};;${B}`, ['x1', '', 'x2']), 'x1;;x2');
  assert.equal(replaced(`["${A}","${B}"]`, ['x1', 'x2']), '["x1","x2"]');
  assert.equal(replaced(`["${A}","${B}"]`, ['', 'x2']), '["","x2"]');
  assert.equal(replaced(`<img src="${A}"><img src="${B}">`, ['x1', 'x2']), '<img src="x1"><img src="x2">');
  assert.equal(
    replaced(`${A} ! alt : Red | ${B} ! alt : Blue`, ['x1', 'x2']),
    'x1 ! alt : Red | x2 ! alt : Blue',
  );
  assert.equal(replaced(`${A} and ${B}`, ['', 'x2']), ',x2');
  assert.equal(replaced(`"${A}"`, ['']), '');
});
