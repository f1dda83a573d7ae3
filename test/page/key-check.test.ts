import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newApiKey } from '../../src/access/api-key.ts';
import { canBeKey } from '../../web/pages/sign-in/key-check.ts';

test('the page takes every key of the server, and no key with a typo', () => {
  for (let i = 0; i < 200; i += 1) {
    const key = newApiKey();
    assert.ok(canBeKey(key), key);
    const at = 3 + (i % (key.length - 3));
    const typo = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
    assert.ok(!canBeKey(typo), typo);
  }
  for (const other of ['', 'ml_', 'ml_short', ` ${newApiKey()}`]) assert.ok(!canBeKey(other), other);
});
