import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newApiKey, prefixOf, sha256Of, whyNoApiKey } from '../../src/access/api-key.ts';

test('a new key can be one, is never the same, and shows only its begin', () => {
  const keys = new Set(Array.from({ length: 500 }, newApiKey));
  assert.equal(keys.size, 500);
  for (const key of keys) {
    assert.match(key, /^ml_[0-9A-Za-z]{38}$/);
    assert.equal(whyNoApiKey(key), undefined);
    assert.equal(prefixOf(key), key.slice(0, 7));
    assert.equal(sha256Of(key).length, 32);
  }
});

test('every key with one letter changed, two swapped, or cut off is refused without a database', () => {
  const key = newApiKey();
  for (let i = 3; i < key.length; i += 1) {
    for (const letter of '0Zz')
      if (key[i] !== letter)
        assert.match(whyNoApiKey(key.slice(0, i) + letter + key.slice(i + 1)) ?? '', /typo/);
    const swapped = `${key.slice(0, i)}${key[i + 1] ?? ''}${key[i]}${key.slice(i + 2)}`;
    if (swapped !== key) assert.ok(whyNoApiKey(swapped), swapped);
    assert.match(whyNoApiKey(key.slice(0, i)) ?? '', /ml_ and 38 letters/);
  }
  for (const text of ['', 'ml_', `${key} `, ` ${key}`, `ML_${key.slice(3)}`, `${key}\n`, key.repeat(2)])
    assert.ok(whyNoApiKey(text), JSON.stringify(text));
});

test('the checksum is the one that the documentation describes', () => {
  // CRC-32 of "ml_" and 32 zeros, in base 62 with digits, capitals, small letters.
  assert.equal(whyNoApiKey('ml_000000000000000000000000000000000LLltF'), undefined);
});
