#!/usr/bin/env node
// Starts Minilab on the Node that it pins, whatever Node the machine has (20 or later).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keepCompiled } from '../scripts/compile-cache.js';
import { LEAST_NODE_MAJOR, pinnedNode } from '../scripts/pinned-node.js';

const source = new URL('../src/main.ts', import.meta.url);
const main = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url);

if (Number.parseInt(process.versions.node, 10) >= LEAST_NODE_MAJOR) {
  keepCompiled(process.argv[2]);
  await import(main.href);
} else {
  const node = pinnedNode();
  if (node) run(node);
  else {
    console.error(
      `Minilab needs Node ${LEAST_NODE_MAJOR} or later; this is ${process.version}. ` +
        'On Linux (x64, arm64) and macOS (arm64) `npm install` brings the right one along, ' +
        'unless optional dependencies are left out. Elsewhere, install it from nodejs.org.',
    );
    process.exitCode = 1;
  }
}

function run(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself, through the process group; it must not end us before it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exitCode = code ?? 1;
  });
}
