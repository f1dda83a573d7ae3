import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FirstSlots } from '../../src/intake/duplicate-urls.ts';
import { random } from '../support/random.ts';

test('of 100,000 URLs, half of them repeated, each is given the slot in which it came first', () => {
  const dice = random(2);
  const firstSlots = new FirstSlots();
  const expected = new Map<string, number>();
  for (let slot = 1; slot <= 100_000; slot += 1) {
    const url = `https://shop.example/${dice.upTo(80_000)}.jpg`;
    expected.set(url, expected.get(url) ?? slot);
    assert.equal(firstSlots.firstSlotOf(url, slot), expected.get(url));
  }
});
