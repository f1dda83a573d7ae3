import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DecodersUnavailable } from '../../src/pipeline/decoder-children.ts';
import { createDecoderPool } from '../../src/pipeline/decoder-pool.ts';

describe('a decoder that cannot be started', () => {
  const { execPath } = process;
  before(() => (process.execPath = '/nowhere/node')); // as after an upgrade of Node under a running worker
  after(() => (process.execPath = execPath));

  test('is reported as trouble of ours, and ends no process', async () => {
    const decoders = createDecoderPool(1);
    await assert.rejects(decoders.probe(), (error: Error) => {
      assert.ok(error instanceof DecodersUnavailable);
      assert.match(error.message, /ENOENT/);
      return true;
    });
    process.execPath = execPath;
    await decoders.probe(); // and works again by itself
    await decoders.stop();
  });
});
