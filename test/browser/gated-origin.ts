import { startOrigin, type Origin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

export type GatedOrigin = Origin & {
  /** Lets images of a batch go until so many went, in the order in which they are asked for. */
  release(batch: string, count: number): void;
};

/** Paths: /BATCH/N a photograph that comes when it is released. */
export async function startGatedOrigin(): Promise<GatedOrigin> {
  const file = photo(PHOTO_NAMES[2] ?? '');
  const gates = new Map<string, { allowed: number; sent: number; waiting: (() => void)[] }>();
  const gateOf = (batch: string) => {
    const gate = gates.get(batch) ?? { allowed: 0, sent: 0, waiting: [] };
    gates.set(batch, gate);
    return gate;
  };
  function open(batch: string): void {
    const gate = gateOf(batch);
    const free = gate.waiting.splice(0, Math.max(0, gate.allowed - gate.sent));
    gate.sent += free.length;
    for (const send of free) send();
  }
  const origin = await startOrigin((path) => (_request, response) => {
    const [, batch = ''] = path.split('/');
    gateOf(batch).waiting.push(() => void response.end(file));
    open(batch);
  });
  return {
    ...origin,
    release(batch, count) {
      gateOf(batch).allowed = count;
      open(batch);
    },
  };
}
