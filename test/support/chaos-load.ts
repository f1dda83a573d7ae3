/** What users do while all goes wrong: they upload, cancel, and retry, and know what is to come of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asking } from './asking.ts';
import type { Batch } from './minilab.ts';
import { type NumberedOrigin, NUMBERS } from './numbered-origin.ts';
import type { random } from './random.ts';

export type Told = Batch & { round: number; webhook_secret?: string };

/** A batch that somebody wants, and what has become of it. */
export type Wish = {
  key: string;
  /** numbers of the pictures, by product and position */
  rows: number[][];
  /** the round in which a picture is there, of those that are not from the first one on */
  comesIn: Map<number, number>;
  /** path of its own receiver */
  callback: string | undefined;
  cancelAfterMs: number | undefined;
  retries: number;
  accepted?: Told;
  ended?: Told;
  isCancelled: boolean;
  /** how many rounds it has had */
  rounds: number;
};

export type Dice = ReturnType<typeof random>;

/** Makes wishes: which images are new, are of another batch too, come late or never. */
export function wisher(origin: NumberedOrigin, dice: Dice) {
  let [next, made] = [0, 0];
  const common: number[] = []; // pictures that are there from the beginning, so that batches may share them
  function newNumber(): number {
    if (next === NUMBERS) throw new Error('there are no more pictures');
    return next++;
  }

  function image(comesIn: Map<number, number>, own: number[]): number {
    const roll = dice.upTo(100);
    if (roll <= 4 && own.length > 0) return dice.pick(own);
    if (roll <= 8 && common.length > 0) return dice.pick(common);
    const number = newNumber();
    if (roll <= 14) origin.shaky.add(number);
    if (roll > 93) {
      comesIn.set(number, roll > 97 ? Infinity : dice.upTo(2) + 1);
      origin.absent.add(number);
    } else common.push(number);
    return number;
  }

  return (images: number): Wish => {
    made += 1;
    const comesIn = new Map<number, number>();
    const rows: number[][] = [];
    for (let left = images; left > 0;) {
      const row = Array.from({ length: Math.min(left, dice.upTo(3)) }, () =>
        image(comesIn, rows.flat().slice(-50)),
      );
      left -= row.length;
      rows.push(row);
    }
    return {
      ...{ key: `wish-${made}`, rows, comesIn, isCancelled: false, rounds: 1 },
      callback: dice.upTo(2) === 1 ? `/hook/${made}` : undefined,
      cancelAfterMs: dice.upTo(7) === 1 ? dice.upTo(4_000) : undefined,
      retries: dice.upTo(3) - 1,
    };
  };
}

type Users = { api: string; origin: NumberedOrigin; asking: Asking; receiver: string };

/** A batch from its upload to its last end. */
export async function live(wish: Wish, users: Users): Promise<void> {
  const accepted = await send(wish, users);
  wish.accepted = accepted;
  if (wish.cancelAfterMs !== undefined) {
    await sleep(wish.cancelAfterMs);
    const { status } = await users.asking.askUntilDone('cancel', accepted.links.cancel, post);
    wish.isCancelled = status === 200; // or it was faster
  }
  let ended = await untilEnded(accepted, users.asking);
  while (!wish.isCancelled && ended.counts.failed > 0 && wish.rounds <= wish.retries) {
    for (const [number, round] of wish.comesIn)
      if (round <= wish.rounds + 1) users.origin.absent.delete(number);
    await retry(ended, users.asking);
    wish.rounds += 1;
    ended = await untilEnded(accepted, users.asking);
  }
  wish.ended = ended;
}

async function send(wish: Wish, { api, origin, asking, receiver }: Users): Promise<Told> {
  const lines = wish.rows.map((row, i) => `${i + 1},P,"${row.map(origin.urlOf).join(',')}"\n`);
  const csv = `S. No.,Product Name,Input Image Urls\n${lines.join('')}`;
  const request = (): RequestInit => {
    const form = new FormData();
    form.set('name', wish.key);
    if (wish.callback) form.set('callback_url', `${receiver}${wish.callback}`);
    form.set('file', new Blob([csv]), 'catalog.csv');
    return { method: 'POST', body: form, headers: { 'idempotency-key': wish.key } };
  };
  for (;;) {
    const { status, text } = await asking.askUntilDone('upload', `${api}/v1/batches`, request);
    if (status === 202) return JSON.parse(text) as Told;
    if (!text.includes('idempotency_key_in_use')) throw new Error(`an upload was refused: ${status} ${text}`);
    await sleep(1_000); // the lease of a request that was cut off
  }
}

async function untilEnded({ links }: Batch, asking: Asking): Promise<Told> {
  for (;;) {
    const { status, text } = await asking.askUntilDone('wait', `${links.self}?wait=5`);
    if (status !== 200) throw new Error(`a batch has no status: ${status} ${text}`);
    const batch = JSON.parse(text) as Told;
    if (batch.ended_at) return batch;
  }
}

/** Whether a retry that was answered 503 was done, nobody but the batch can tell. */
async function retry({ links, round }: Told, asking: Asking): Promise<void> {
  for (;;) {
    const answer = await asking.ask('retry', links.retry, post());
    if (answer?.status === 202) return;
    if (answer && answer.status !== 503)
      throw new Error(`a retry was refused: ${answer.status} ${answer.text}`);
    const now = await asking.askUntilDone('wait', links.self);
    if ((JSON.parse(now.text) as Told).round > round) return;
    await sleep(300);
  }
}

function post(): RequestInit {
  return { method: 'POST' };
}
