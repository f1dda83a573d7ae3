import { text } from 'node:stream/consumers';
import { sign } from '../../src/webhooks/signing.ts';
import { type Origin, startOrigin } from './origin.ts';
import type { random } from './random.ts';

export type Heard = {
  path: string;
  id: string;
  batch: string;
  round: number;
  type: string;
  /** by whose secret it is signed */
  isSignedBy(secret: string): boolean;
};

/** Receivers of webhooks, by path, that fail now and then. Whoever comes with the wrong time is refused. */
export async function startHearing(
  dice: ReturnType<typeof random>,
  address?: string,
): Promise<Origin & { heard: Heard[]; misdated: string[] }> {
  const heard: Heard[] = [];
  const misdated: string[] = [];
  const origin = await startOrigin(
    (path) => async (request, response) => {
      const body = await text(request);
      const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
        String(request.headers[`webhook-${name}`]),
      ) as [string, string, string];
      const at = Number(timestamp) * 1000;
      if (!(Math.abs(at - Date.now()) < 300_000)) misdated.push(`${path} ${id}: ${timestamp}`);
      const { type, data } = JSON.parse(body) as {
        type: string;
        data: { batch: { id: string; round: number } };
      };
      const { id: batch, round } = data.batch;
      const isSignedBy = (secret: string): boolean =>
        sign(secret, { id, at, body })['webhook-signature'] === signature;
      heard.push({ path, id, batch, round, type, isSignedBy });
      // What has been heard and is answered with an error comes again.
      response.writeHead(dice.upTo(10) === 1 ? 500 : 204).end();
    },
    address,
  );
  return { ...origin, heard, misdated };
}
