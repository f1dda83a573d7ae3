import type { MadeFile } from '../decoder-protocol.ts';
import type { Measures } from '../measures.ts';
import { freeMemory } from '../../free-memory.ts';
import { decode } from './decode.ts';
import { readHeader } from './formats/read-header.ts';
import { headerOf } from './measure/header.ts';
import { measure } from './measure/measure.ts';
import { readMetadata } from './metadata.ts';

/** Measures a file that was made, as if it were a source. @throws as decoding a source does */
export async function measureFile(path: string, { bytes }: Pick<MadeFile, 'bytes'>): Promise<Measures> {
  const facts = await readHeader({ path, bytes });
  const plan = { ...facts, input: path, bytes, renditions: [] };
  const pixels = await decode(plan, { trim: false });
  const header = await headerOf(plan, await readMetadata(plan), pixels);
  const { measures } = measure(pixels, header);
  freeMemory(pixels.data);
  return measures;
}
