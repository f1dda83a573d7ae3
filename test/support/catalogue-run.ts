/** A small catalogue on loopback, and its results. */
import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import { type Batch, json, untilEnded, upload } from './minilab.ts';
import { type Origin, startOrigin } from './origin.ts';
import { smallPicture } from './pictures.ts';

export type Catalogue = Origin & {
  /** Runs images from one number to another, at the `serve` with this URL. */
  run(url: string, from: number, to: number): Promise<Batch & { reused: number }>;
};

export async function startCatalogue(images: number): Promise<Catalogue> {
  const pictures = await Promise.all(Array.from({ length: images }, (_, i) => smallPicture(i)));
  const origin = await startOrigin((path) => pictures[Number(path.slice(1))]);
  return {
    ...origin,
    async run(url, from, to) {
      const rows = Array.from({ length: to - from }, (_, i) => `${i},Thing,${origin.url}/${from + i}`);
      const csv = ['S. No.,Product Name,Input Image Urls', ...rows, ''].join('\n');
      const accepted = await json<Batch>(upload(url, csv, { preset: 'web' }));
      const batch = (await untilEnded(accepted.links.self)) as Batch & { reused: number };
      assert.equal(batch.state, 'completed');
      return batch;
    },
  };
}

/** The keys of all files in the output of a batch, each of which opens at the `serve` with this URL. */
export async function openOutputs(url: string, batchId: string): Promise<string[]> {
  const output = await fetch(`${url}/v1/batches/${batchId}/output.csv`);
  assert.equal(output.status, 200);
  const [, ...rows]: string[][] = parse(await output.text());
  const keys = rows.flat().flatMap((cell) => cell.split('/files/')[1] ?? []);
  for (const key of keys) {
    const file = await fetch(`${url}/files/${key}`);
    assert.equal(file.status, 200, key);
    assert.equal((await file.bytes()).length, Number(file.headers.get('content-length')));
  }
  return keys;
}
