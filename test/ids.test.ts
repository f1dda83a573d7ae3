import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid, publicId, uuidOf } from '../src/ids.ts';

test('public ids are TypeIDs, and lead back to their UUID', () => {
  // The first is an example of the TypeID specification.
  assert.equal(publicId('bat', '01890a5d-ac96-774b-bcce-b302099a8057'), 'bat_01h455vb4pex5vsknk084sn02q');
  const uuid = newUuid();
  assert.equal(uuidOf('img', publicId('img', uuid)), uuid);
});

test('what is no id of the kind is none', () => {
  for (const id of [
    '',
    'bat_',
    'img_01h455vb4pex5vsknk084sn02q',
    'bat_81h455vb4pex5vsknk084sn02q',
    'bat_01H455VB4PEX5VSKNK084SN02Q',
    'bat_01h455vb4pex5vsknk084sn02qq',
  ])
    assert.equal(uuidOf('bat', id), undefined, id);
});
