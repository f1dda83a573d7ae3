import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNameTemplate } from '../../src/presets/name-template.ts';

test('a name template that could do harm, or is not understood, is refused with what is wrong', () => {
  for (const [template, why] of [
    ['', /it is empty/],
    ['  ', /it is empty/],
    ['{sku}-{price}.{ext}', /\{price\} is not known; there are \{sku\}, \{name\}/],
    ['{SKU}.{ext}', /\{SKU\} is not known/],
    ['{sku.{ext}', /a brace without its partner/],
    ['sku}.{ext}', /a brace without its partner/],
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
    ['{sku}\u0000', /cannot be seen/],
    ['{sku}\n', /cannot be seen/],
    ['{sku}\u202e', /cannot be seen/],
    [`{sku}${'x'.repeat(200)}`, /more than 200 characters/],
  ] as const)
    assert.throws(() => parseNameTemplate(template), { code: 'bad_request', message: why }, template);
});

test('every placeholder, folders and letters of any language may be used; .{ext} is added where it is not the end', () => {
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
