import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedServer, holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { smallPicture } from '../test/support/pictures.ts';
import { measureDeliveries, type Deliveries } from './api-deliveries.ts';
import { measureStatus, type Status } from './api-status.ts';
import { measureStreams, type Streams } from './api-streams.ts';
import { type Settings, settingsOf, startOrigin } from './rig.ts';

export type Api = { status: Status; streams: Streams; deliveries: Deliveries };

/** Measures requests for a status, event streams and deliveries of webhooks. */
export async function api(): Promise<Api> {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  const picture = join(folder.path, 'picture.jpg');
  await writeFile(picture, await smallPicture(1));
  const origin = await startOrigin([picture]);
  stack.defer(() => origin.child.disconnect());
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());
  const rig = { origin, newSettings: (name: string) => newSettings(folder.path, server, name) };
  return {
    status: await measureStatus(rig),
    streams: await measureStreams(rig),
    deliveries: await measureDeliveries(rig),
  };
}

async function newSettings(folder: string, server: EmbeddedServer, name: string): Promise<Settings> {
  return settingsOf(join(folder, name), await server.database(`bench_${name}`));
}
