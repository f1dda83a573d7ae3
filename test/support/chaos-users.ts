/** What users do and ask all the time while things go wrong. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asking } from './asking.ts';
import { type Dice, live, type Wish, wisher } from './chaos-load.ts';
import type { NumberedOrigin } from './numbered-origin.ts';
import type { Origin } from './origin.ts';

const LARGEST = 600;
const MOST_AT_ONCE = 25; // batches that run

export type UsersPlace = {
  asking: Asking;
  wishes: Wish[];
  origin: NumberedOrigin;
  /** of webhooks */
  hearing: Origin;
  settings: { PUBLIC_URL: string };
};

/**
 * New batches all the time: a large one to begin with and another in between, and many small ones.
 * @param large how many images the large ones have, up to 600
 */
export async function uploading(
  place: UsersPlace,
  { large, dice, over }: { large: number; dice: Dice; over: AbortSignal },
): Promise<void> {
  const { asking, hearing, origin, settings, wishes } = place;
  const wish = wisher(origin, dice);
  const users = { api: settings.PUBLIC_URL, origin, asking, receiver: hearing.url };
  for (let made = 0; !over.aborted; made += 1) {
    const next = wish(made % 150 === 0 ? Math.min(large, LARGEST) : dice.upTo(12));
    wishes.push(next);
    live(next, users).catch((error: Error) => asking.wrong.push(error.message));
    await sleep(200 + dice.upTo(600));
    while (!over.aborted && wishes.filter(({ ended }) => !ended).length >= MOST_AT_ONCE) await sleep(50);
  }
}

/** Each question of users and supervisors, again and again. */
export function asksAllTheTime(place: UsersPlace, over: AbortSignal): Promise<void>[] {
  return Object.entries(questions(place)).map(([name, url]) => askAllTheTime(place, { name, url, over }));
}

/** What is asked of batches and of the server in between. */
function questions({ settings, wishes }: UsersPlace): Record<string, () => string> {
  const self = (): string => {
    const known = wishes.flatMap(({ accepted }) => accepted?.links.self ?? []);
    return known[Math.floor(Math.random() * known.length)] ?? `${settings.PUBLIC_URL}/v1/batches`;
  };
  return {
    status: self,
    'output.csv': () => `${self()}/output.csv`.replace('/batches/output.csv', '/batches'),
    batches: () => `${settings.PUBLIC_URL}/v1/batches?limit=5`,
    healthz: () => `${settings.PUBLIC_URL}/healthz`,
    readyz: () => `${settings.PUBLIC_URL}/readyz`,
  };
}

async function askAllTheTime(
  { asking }: UsersPlace,
  { name, url, over }: { name: string; url: () => string; over: AbortSignal },
): Promise<void> {
  const may = name === 'healthz' ? [200] : [200, 503];
  while (!over.aborted) {
    const answer = await asking.ask(name, url());
    if (answer && !may.includes(answer.status)) asking.wrong.push(`${name}: ${answer.status} ${answer.text}`);
    await sleep(150);
  }
}
