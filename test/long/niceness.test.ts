import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const NOBODY = 65_534;
const PROGRAM = `
  import { getPriority } from 'node:os';
  import { createDecoderPool } from ${JSON.stringify(new URL('../../src/pipeline/decoder-pool.ts', import.meta.url))};
  const pool = createDecoderPool(1);
  await pool.probe();
  console.log(getPriority(pool.pids()[0]));
  await pool.stop();`;

/** The niceness of a decoder whose parent an ordinary user started with this niceness. */
async function nicenessOfDecoder(niceness: number): Promise<string> {
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const args = ['-n', String(niceness), process.execPath, '--input-type=module', '-e', PROGRAM];
  const child = spawn('nice', args, { ...user, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return out.trim() || err;
}

test('decoders of an ordinary user start at any niceness, with a lower priority than their parent', async () => {
  assert.equal(await nicenessOfDecoder(0), '5');
  assert.equal(await nicenessOfDecoder(10), '15');
  assert.equal(await nicenessOfDecoder(19), '19');
});
