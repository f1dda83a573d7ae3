import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parentColumn, SharingProducts } from '../../../src/work/looks/products.ts';

function sharing(products: (string | [name: string, parent: string])[]): SharingProducts {
  const all = new SharingProducts();
  for (const product of products) {
    const [name, parent] = typeof product === 'string' ? [product, undefined] : product;
    all.add({ name, parent });
  }
  return all;
}

test('products are variants if they have a parent in common', () => {
  assert.equal(sharing([['Cup', 'a'], ['Plate', 'a']]).areVariants, true); // prettier-ignore
  assert.equal(sharing([['Cup', 'a'], ['Plate', 'b']]).areVariants, false); // prettier-ignore
  assert.equal(sharing([['Cup', 'a'], 'Plate']).areVariants, false);
});

test('products are variants if their names differ in the last words', () => {
  for (const names of [
    ['Poster Sunset 30 x 40', 'Poster Sunset 30 x 60'],
    ['T-Shirt red', 'T-shirt dark blue', 'T-Shirt'],
    ['Chair', 'Chair'],
  ])
    assert.equal(sharing(names).areVariants, true, names.join(', '));
  for (const names of [
    ['Red chair', 'Blue chair'],
    ['Chair oak', 'Chair for the garden'],
    ['Old lamp for the kitchen', 'Old table for the garden'],
    ['', ''],
    ['Garden chair made of oak', 'Garden chair with a cushion of wool'],
  ])
    assert.equal(sharing(names).areVariants, false, names.join(', '));
});

test('five products with other names are different; sizes of one product are not', () => {
  const names = ['Cup', 'Plate', 'Fork', 'Spoon', 'Knife'];
  assert.equal(sharing(names).areDifferent, true);
  assert.equal(sharing(names.slice(1)).areDifferent, false);
  assert.equal(sharing([...names.slice(1), 'PLATE', ' fork']).areDifferent, false);
  assert.equal(sharing(names.map((name): [string, string] => [name, 'table'])).areDifferent, false);
});

test('the column of what variants have in common is found by its name', () => {
  assert.deepEqual(parentColumn(['SKU', 'Handle']), { column: 1, isParent: false });
  assert.deepEqual(parentColumn(['g:item_group_id', 'id']), { column: 0, isParent: false });
  assert.deepEqual(parentColumn(['SKU', 'Parent SKU', 'Name']), { column: 1, isParent: true });
  assert.equal(parentColumn(['SKU', 'Name', 'Image']), undefined);
});
