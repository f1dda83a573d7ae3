// Runs after `npm install` with whatever Node the machine has (20 or later): makes the pinned Node
// and the embedded PostgreSQL usable where npm did not run the packages' own scripts.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pinnedNode } from './pinned-node.js';
import { linkPostgresLibraries } from './link-postgres.js';

linkNode();
linkPostgresLibraries();

/** Links node_modules/.bin/node, so that `npm run` and `npx` start the pinned Node. */
function linkNode() {
  const node = pinnedNode();
  if (!node) return; // this platform has no pinned Node; bin/minilab.js says what to do
  const link = join(import.meta.dirname, '..', 'node_modules', '.bin', 'node');
  if (existsSync(link) || !existsSync(join(import.meta.dirname, '..', 'node_modules'))) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), node), link);
}
