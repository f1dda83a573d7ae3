import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshForS } from '../../../src/pipeline/download/freshness.ts';

function of(headers: Record<string, string>): number {
  return freshForS((name) => headers[name]);
}

test('an answer is fresh as long as its host says, less its age', () => {
  for (const [headers, seconds] of [
    [{ 'cache-control': 'max-age=600' }, 600],
    [{ 'cache-control': 'public, Max-Age="600", immutable' }, 600],
    [{ 'cache-control': 'max-age=600', age: '100' }, 500],
    [{ 'cache-control': 'max-age=600', age: '700' }, 0],
    [{ 'cache-control': 'max-age=600, s-maxage=10' }, 600], // s-maxage is for shared caches
    [{ 'cache-control': 'max-age=60', expires: 'Sun, 01 Jan 2090 00:00:00 GMT' }, 60],
    [{ date: 'Sun, 22 Nov 2026 10:00:00 GMT', expires: 'Sun, 22 Nov 2026 10:01:00 GMT' }, 60],
    [{ 'cache-control': 'max-age=315360000' }, 30 * 24 * 3600],
  ] as const)
    assert.equal(of(headers), seconds, JSON.stringify(headers));
});

test('an answer that says nothing, forbids it, or makes no sense is never fresh', () => {
  for (const headers of [
    {},
    { 'cache-control': 'no-cache, max-age=600' },
    { 'cache-control': 'max-age=600, no-store' },
    { 'cache-control': 'max-age=soon' },
    { 'cache-control': 'max-age=-1' },
    { 'cache-control': 'max-age' },
    { expires: '0' },
    { expires: 'Sun, 01 Jan 2090 00:00:00 GMT' }, // without Date
    { date: 'today', expires: 'Sun, 01 Jan 2090 00:00:00 GMT' },
    { 'cache-control': 'max-age=600', vary: '*' },
  ])
    assert.equal(of(headers as Record<string, string>), 0, JSON.stringify(headers));
});
