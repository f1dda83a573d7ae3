import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNameTemplate } from '../../src/presets/name-template.ts';

test('a harmful or invalid name template is refused, and the error names the flaw', () => {
  for (const [template, why] of [
    ['', /it is empty/],
    ['  ', /it is empty/],
    ['{sku}-{price}.{ext}', /\{price\} is not a placeholder; there are \{sku\}, \{name\}/],
    ['{SKU}.{ext}', /\{SKU\} is not a placeholder/],
    ['{sku.{ext}', /an unmatched brace/],
    ['sku}.{ext}', /an unmatched brace/],
    ['/srv/{sku}.{ext}', /begins with \//],
    ['../{sku}.{ext}', /leaves its folder/],
    ['a/../../{sku}', /leaves its folder/],
    ['./{sku}', /"\." does not begin with/],
    ['.{sku}', /does not begin with/],
    ['-{sku}', /does not begin with/],
    ['={sku}', /does not begin with/],
    ['{sku}//{position}', /without a name/],
    ['{sku}/', /without a name/],
    ['{sku}./{position}', /ends with a dot or a space/],
    ['{sku}\\{position}', /it holds \\/],
    ['C:{sku}', /it holds :/],
    ['{sku}, {position}', /it holds ,/],
    ['{sku}\u0000', /an invisible character/],
    ['{sku}\n', /an invisible character/],
    ['{sku}\u202e', /an invisible character/],
    [`{sku}${'x'.repeat(200)}`, /more than 200 characters/],
  ] as const)
    assert.throws(() => parseNameTemplate(template), { code: 'bad_request', message: why }, template);
});

test('templates may use every placeholder, folders and letters of any language; .{ext} is added if it is not the end', () => {
  for (const template of [
    '{sku}/{name} ({position})_{rendition}.{hash16}.{ext}',
    'Größe/фото-{sku}',
    '{ext}',
  ])
    assert.equal(parseNameTemplate(template).at(-1)?.at(-1) !== undefined, true);
  assert.deepEqual(parseNameTemplate('a/{sku}'), [
    [{ text: 'a' }],
    [{ value: 'sku' }, { text: '.' }, { value: 'ext' }],
  ]);
});
