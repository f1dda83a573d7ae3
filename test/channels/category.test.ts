import assert from 'node:assert/strict';
import { test } from 'node:test';
import { categoryOf } from '../../src/channels/category.ts';

test('apparel is read from the number or the path of a category, and never guessed', () => {
  for (const cell of [
    '166',
    ' 212 ',
    '1604 - Apparel & Accessories > Clothing',
    'Apparel & Accessories > Shoes',
  ])
    assert.equal(categoryOf(cell), 'apparel', cell);
  for (const cell of ['1', '3237', 'Electronics > Audio', 'home & garden', '2 > 3'])
    assert.equal(categoryOf(cell), 'other', cell);
  for (const cell of ['', 'T-shirts', 'Bekleidung & Accessoires > Schuhe', '12 shirts'])
    assert.equal(categoryOf(cell), undefined, cell);
});
