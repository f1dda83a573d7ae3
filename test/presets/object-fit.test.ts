/** Settings of the fit `object` and of `position`: which go together, and that recipes without them keep their hash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/errors.ts';
import { setIdOf } from '../../src/pipeline/plan.ts';
import { checkPreset } from '../../src/presets/check.ts';
import type { RenditionInput } from '../../src/presets/input.ts';
import { withDefaults } from '../../src/presets/spec.ts';

/** The flaws of a rendition, as `pointer detail`. */
function flawsOf(rendition: Omit<RenditionInput, 'name'>): string[] {
  try {
    checkPreset('mine', { renditions: [{ name: 'main', ...rendition }] });
    return [];
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error.flaws.map((flaw) => ('at' in flaw ? `${flaw.at} ${flaw.detail}` : ''));
  }
}

const BOX = { width: 1000, height: 1000 };

test('settings of a fit belong to it alone, and what contradicts another is named', () => {
  assert.deepEqual(flawsOf({ ...BOX, fit: 'object', fill: 0.85, enlarge: 1.5, whiten: true }), []);
  assert.deepEqual(flawsOf({ ...BOX, fit: 'cover', position: 'object' }), []);
  assert.deepEqual(flawsOf({ fit: 'object', width: 300 }), [
    '/renditions/0/fit object needs a width and a height.',
  ]);
  assert.deepEqual(
    flawsOf({ ...BOX, fill: 0.9, enlarge: 1, min_width: 5, whiten: false, on_unmet: 'fail' }),
    [
      '/renditions/0/fill Only the fit object has fill.',
      '/renditions/0/enlarge Only the fit object has enlarge.',
      '/renditions/0/min_width Only the fit object has min_width.',
      '/renditions/0/whiten Only the fit object has whiten.',
      '/renditions/0/on_unmet Only the fit object has on_unmet.',
    ],
  );
  assert.deepEqual(flawsOf({ ...BOX, fit: 'object', fill: 0.4, enlarge: 2.1 }), [
    '/renditions/0/fill It must be 0.5 or more.',
    '/renditions/0/enlarge It must be 2 or less.',
  ]);
  const odd = { fit: 'object', min_width: 1001, whiten: true, background: '#eeeeee', trim: true } as const;
  assert.deepEqual(flawsOf({ ...BOX, ...odd, format: 'webp', animated: true }), [
    '/renditions/0/trim An animation cannot be trimmed.',
    '/renditions/0/min_width It must not be more than width, 1000.',
    '/renditions/0/whiten It makes the background white: `background` must be #ffffff.',
    '/renditions/0/animated The fit object makes one frame.',
    '/renditions/0/trim The fit object cuts by itself.',
  ]);
  assert.deepEqual(flawsOf({ fit: 'object', width: 10_000, height: 10_001 }), [
    '/renditions/0/width The fit object makes at most 100 megapixels.',
  ]);
  assert.deepEqual(flawsOf({ ...BOX, fit: 'contain', position: 'attention' }), [
    '/renditions/0/position Only the fit cover has a position: others cut nothing.',
  ]);
  const moving = { fit: 'cover', position: 'entropy', format: 'webp', animated: true } as const;
  assert.deepEqual(flawsOf({ ...BOX, ...moving }), [
    '/renditions/0/position An animation is cut around its centre only.',
  ]);
});

test('what a rendition does not use is no part of its hash; what it uses is', () => {
  const idOf = (rendition: Omit<RenditionInput, 'name'>): string => {
    const spec = withDefaults({ name: 'main', ...BOX, ...rendition });
    return setIdOf({ sha256: Buffer.alloc(32, 1) }, { preset: 'mine', renditions: [spec] });
  };
  assert.equal(idOf({}), 'nor9lfjmaoabsifq'); // as before there was a fit object
  const cover = idOf({ fit: 'cover' });
  assert.equal(cover, 'u15hm0t257fvg5eh'); // as before there were positions
  assert.equal(idOf({ fit: 'cover', position: 'centre' }), cover);
  const others = [
    idOf({ fit: 'cover', position: 'attention' }),
    ...[idOf({ fit: 'object' }), idOf({ fit: 'object', fill: 0.8 }), idOf({ fit: 'object', whiten: true })],
    ...[idOf({ fit: 'object', enlarge: 2 }), idOf({ fit: 'object', min_width: 500 })],
    idOf({ fit: 'object', on_unmet: 'fail' }),
  ];
  assert.equal(new Set([cover, ...others]).size, 8);
  assert.equal(idOf({ fit: 'object', fill: 0.9, enlarge: 1, on_unmet: 'keep' }), others[1]);
});
