import { setTimeout as sleep } from 'node:timers/promises';

export type Answer = { status: number; text: string };

/** A client that keeps account of every answer, and of all that should not have been one. */
export type Asking = {
  /** @returns undefined where the answer broke off, which is what a download without its database does */
  ask(name: string, url: string, init?: RequestInit): Promise<Answer | undefined>;
  /** Asks until the answer is another one than 503, or nobody asks any more. */
  askUntilDone(name: string, url: string, init?: () => RequestInit): Promise<Answer>;
  /** how often each was answered so, by `name status` */
  tally: Map<string, number>;
  /** answers that nobody should get */
  wrong: string[];
  stop(): void;
};

const CODES_OF_503 = new Set(['database_unavailable', 'storage_unavailable']);

export function startAsking(): Asking {
  const tally = new Map<string, number>();
  const wrong: string[] = [];
  let isStopped = false;
  const count = (name: string): void => void tally.set(name, (tally.get(name) ?? 0) + 1);

  async function ask(name: string, url: string, init?: RequestInit): Promise<Answer | undefined> {
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      count(`${name} no answer`);
      wrong.push(`${name}: ${String((error as Error).cause ?? error)}`);
      return undefined;
    }
    const { status, headers } = response;
    const text = await response.text().catch(() => undefined);
    count(`${name} ${text === undefined ? 'broken off' : status}`);
    if (text === undefined) {
      if (!headers.get('content-disposition')) wrong.push(`${name}: broken off`);
      return undefined;
    }
    const why = whyWrong(status, headers, text);
    if (why) wrong.push(`${name}: ${why}: ${text.slice(0, 300)}`);
    return { status, text };
  }

  return {
    ask,
    tally,
    wrong,
    stop: () => void (isStopped = true),
    async askUntilDone(name, url, init = () => ({})) {
      for (; !isStopped; await sleep(300)) {
        const answer = await ask(name, url, init());
        if (answer && answer.status !== 503) return answer;
      }
      throw new Error(`${name} was never answered`);
    },
  };
}

function whyWrong(status: number, headers: Headers, text: string): string | undefined {
  if (status === 500) return 'an error of ours';
  if (status !== 503 || !headers.get('content-type')?.startsWith('application/problem+json'))
    return undefined;
  if (!/^[1-9]\d*$/.test(headers.get('retry-after') ?? '')) return '503 without Retry-After';
  const { code } = JSON.parse(text) as { code: string };
  return CODES_OF_503.has(code) ? undefined : '503 for another reason';
}
