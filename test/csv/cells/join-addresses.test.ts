import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinAddresses } from '../../../src/csv/cells/join-addresses.ts';
import { slotsOfRow } from '../../../src/csv/cells/slots.ts';

function slotsOf(cell: string): string[] {
  return slotsOfRow([cell], { images: [0], grammar: 2 }).slots;
}

describe('a list of addresses as one cell', () => {
  const lists = [
    ['https://a.example/1.jpg'],
    ['https://a.example/1.jpg', 'https://b.example/2.jpg?w=1&h=2'],
    ['https://a.example/1,2.jpg', 'https://a.example/a b.jpg'],
    ['https://a.example/a, b', 'https://a.example/c; d', 'https://a.example/e|f'],
    ['https://a.example/w_100,h_100/https://b.example/1.jpg', 'https://a.example/2.jpg'],
    ['https://a.example/1.jpg', '', 'https://a.example/2, 3.jpg'],
    ['https://a.example/Größe M.jpg', 'https://a.example/(1)'],
    ['photos/1.jpg', 'photos/a b.jpg'],
    ['//a.example/1.jpg', 'https://a.example/2.jpg'],
  ];
  for (const list of lists)
    test(list.join(' + '), () => {
      const cell = joinAddresses(list);
      assert.deepEqual(slotsOf(cell), list, cell);
    });

  test('is joined by commas where that is enough, and where nothing is', () => {
    assert.equal(
      joinAddresses(['https://a.example/1', 'https://a.example/2']),
      'https://a.example/1,https://a.example/2',
    );
    assert.equal(joinAddresses(['red', 'large, wide']), 'red,large, wide');
    assert.equal(joinAddresses([]), '');
  });
});
