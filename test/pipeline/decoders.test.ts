import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { createDecoderPool, type DecoderPool } from '../../src/pipeline/decoder-pool.ts';
import type { DecoderJob } from '../../src/pipeline/decoder-protocol.ts';
import { withDefaults } from '../../src/presets/spec.ts';
import type { ImageProblem } from '../../src/pipeline/problems.ts';
import { newFolder } from '../support/folder.ts';
import { isRunning, NO_PROC } from '../support/processes.ts';
import { photo, PHOTO_NAMES, PHOTOS, visualDistance } from '../support/pictures.ts';

const NEVER = new AbortController().signal;

function jobFor(input: string, output: string, width = 1600): DecoderJob {
  const spec = withDefaults({ name: 'full', width, height: width });
  return { input, bytes: 1_000_000, renditions: [{ ...spec, output }] };
}

async function withPool(
  size: number,
  work: (pool: DecoderPool, folder: string) => Promise<void>,
): Promise<void> {
  await using folder = await newFolder();
  const pool = createDecoderPool(size);
  try {
    await work(pool, folder.path);
  } finally {
    await pool.stop();
  }
}

test('a child makes a photograph in the right size, and never enlarges it', async () => {
  await withPool(1, async (pool, folder) => {
    const name = PHOTO_NAMES[4] ?? '';
    const output = join(folder, 'out.jpg');
    const {
      files: [file],
    } = await pool.make(jobFor(join(PHOTOS, name), output), NEVER);
    const { width, height, format, exif } = await sharp(output).metadata();
    assert.deepEqual([width, height, format, exif], [1600, 1065, 'jpeg', undefined]);
    assert.deepEqual([file?.width, file?.height, file?.bytes], [1600, 1065, (await readFile(output)).length]);
    assert.ok((await visualDistance(output, photo(name))) < 10);
    const {
      files: [same],
    } = await pool.make(jobFor(join(PHOTOS, name), output, 9000), NEVER);
    assert.deepEqual([same?.width, same?.height], [3088, 2056]);
  });
});

test('pictures are turned upright, and transparency becomes the background', async () => {
  await withPool(1, async (pool, folder) => {
    const [input, output] = [join(folder, 'in'), join(folder, 'out.jpg')];
    for (let orientation = 1; orientation <= 8; orientation += 1) {
      await writeFile(
        input,
        await sharp(photo(PHOTO_NAMES[2] ?? ''))
          .resize(300)
          .withMetadata({ orientation })
          .jpeg()
          .toBuffer(),
      );
      await pool.make(jobFor(input, output), NEVER);
      assert.ok((await visualDistance(input, output)) < 6, `orientation ${orientation}`);
    }
    await writeFile(
      input,
      await sharp({ create: { width: 50, height: 50, channels: 4, background: '#00000000' } })
        .png()
        .toBuffer(),
    );
    await pool.make(jobFor(input, output), NEVER);
    const { dominant } = await sharp(output).stats();
    assert.ok(dominant.r > 240 && dominant.g > 240 && dominant.b > 240, 'white');
  });
});

test('a truncated file and a damaged one get different codes, and leave no output', async () => {
  await withPool(1, async (pool, folder) => {
    const [input, output] = [join(folder, 'in'), join(folder, 'out.jpg')];
    const picture = sharp(photo(PHOTO_NAMES[0] ?? '')).resize(400);
    for (const format of ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const) {
      const whole = await picture.clone().toFormat(format).toBuffer();
      const damaged = Buffer.from(whole);
      damaged.fill(0x55, whole.length >> 2, whole.length >> 1);
      for (const [bytes, code] of [
        [whole.subarray(0, whole.length * 0.5), 'truncated_image'],
        [whole.subarray(0, whole.length * 0.9), 'truncated_image'],
        [damaged, 'corrupt_image'],
      ] as const) {
        if (code === 'corrupt_image' && format !== 'png') continue; // the others show wrong pixels
        await writeFile(input, bytes);
        await assert.rejects(
          pool.make(jobFor(input, output), NEVER),
          (error: ImageProblem) => error.code === code,
          `${format} ${code}`,
        );
        await assert.rejects(readFile(output), { code: 'ENOENT' });
      }
    }
  });
});

test('killing a child fails only its image, and the next one is made', async () => {
  await withPool(1, async (pool, folder) => {
    const output = join(folder, 'out.jpg');
    await pool.probe();
    const [pid = 0] = pool.pids();
    const making = pool.make(jobFor(join(PHOTOS, PHOTO_NAMES[5] ?? ''), output), NEVER);
    process.kill(pid, 'SIGKILL');
    await assert.rejects(making, (error: ImageProblem) => error.code === 'decoder_crashed');
    const {
      files: [file],
    } = await pool.make(jobFor(join(PHOTOS, PHOTO_NAMES[5] ?? ''), output), NEVER);
    assert.ok(file);
  });
});

test('when a child crashes, the caller and the log get the last error that it wrote', async () => {
  const crashes: Error[] = [];
  const pool = createDecoderPool(1, { onCrash: (error) => crashes.push(error) });
  try {
    // Only a bug sends what is no job; a real child then ends with an uncaught TypeError.
    await assert.rejects(pool.make(undefined as unknown as DecoderJob, NEVER), (error: ImageProblem) => {
      assert.equal(error.code, 'decoder_crashed');
      assert.match((error.cause as Error).message, /^the decoder ended \(1\): TypeError: .*'input'/);
      assert.deepEqual(crashes, [error.cause]);
      return true;
    });
    await pool.probe();
  } finally {
    await pool.stop();
  }
});

test('aborted work ends at once, together with its child', async () => {
  await withPool(1, async (pool, folder) => {
    await pool.probe();
    const [pid = 0] = pool.pids();
    process.kill(pid, 'SIGSTOP');
    const abort = new AbortController();
    const making = pool.make(
      jobFor(join(PHOTOS, PHOTO_NAMES[0] ?? ''), join(folder, 'out.jpg')),
      abort.signal,
    );
    await sleep(20);
    abort.abort(new Error('not wanted'));
    await assert.rejects(making, /not wanted/);
    await pool.probe();
    assert.notDeepEqual(pool.pids(), [pid]);
  });
});

test(
  'a decoder ends with its parent, however the parent ends and whatever the decoder does',
  { skip: NO_PROC },
  async () => {
    const program = spawn(
      process.execPath,
      [join(import.meta.dirname, '..', 'programs', 'killed-parent.ts')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await once(program, 'exit');
    const deadline = Date.now() + 5_000; // its encoding would take half a minute more
    for (; await isRunning(pid); await sleep(50)) assert.ok(Date.now() < deadline, 'it still runs');
  },
);

test('a child has none of our secrets in its environment, and ignores Ctrl-C', async () => {
  process.env['WEBHOOK_SECRET'] = 'whsec_secret';
  await withPool(1, async (pool) => {
    await pool.probe();
    const [pid = 0] = pool.pids();
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => 'VIPS_MAX_COORD=16384');
    assert.match(environment, /VIPS_MAX_COORD=16384/);
    assert.doesNotMatch(environment, /secret/);
    process.kill(pid, 'SIGINT');
    process.kill(pid, 'SIGTERM');
    await pool.probe();
    assert.deepEqual(pool.pids(), [pid]);
  });
  delete process.env['WEBHOOK_SECRET'];
});
