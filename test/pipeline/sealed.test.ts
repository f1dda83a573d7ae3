import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const SRC = join(import.meta.dirname, '..', '..', 'src');

const IMPORTS = /(?:^(?:import|export)(?! type\b)(?:[^;]*?from)? |\bimport\()'([^']+)'/gm;

/** Every module that is loaded with a program: its own path or a package's name. Types are erased. */
async function loadedWith(program: string, loaded = new Set<string>()): Promise<Set<string>> {
  loaded.add(program);
  const source = await readFile(program, 'utf8');
  for (const [, name = ''] of source.matchAll(IMPORTS)) {
    const path = name.startsWith('.') ? join(program, '..', name) : name;
    if (loaded.has(path)) continue;
    if (name.startsWith('.')) await loadedWith(path, loaded);
    else loaded.add(path);
  }
  return loaded;
}

test('what reads a stranger’s image is loaded by the decoder, and never by the program that starts it', async () => {
  const names = async (program: string): Promise<Set<string>> =>
    new Set([...(await loadedWith(join(SRC, program)))].map((path) => path.replace(`${SRC}/`, '')));
  const [main, decoder] = [await names('main.ts'), await names('pipeline/decoder.ts')];
  const readers = ['probe', 'complete', 'byte-reader', 'make'].map((name) => `pipeline/${name}.ts`);
  for (const reader of readers) {
    assert.ok(decoder.has(reader), `the decoder loads ${reader}`);
    assert.ok(!main.has(reader), `main.ts does not load ${reader}`);
  }
  assert.ok(decoder.has('sharp') && !main.has('sharp'), 'sharp');
  assert.ok(main.has('pipeline/decoder-process.ts') && main.size > 100);
});
