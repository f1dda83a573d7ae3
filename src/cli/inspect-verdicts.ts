import { BUILTIN_CHANNELS } from '../channels/builtin.ts';
import type { Category } from '../channels/category.ts';
import type { FileFacts } from '../channels/facts.ts';
import type { Channel } from '../channels/rule.ts';
import { judgeOf, type Verdict } from '../channels/verdict.ts';
import { verdictBody } from '../channels/verdict.body.ts';
import { wordsOf } from '../channels/words.ts';
import { table } from './output.ts';

/** How a picture is judged: as a main picture on a day. `url` is undefined for a file. */
export type Judging = { asOf: string; url: string | undefined; category: Category | undefined };

/** Judges a picture as each built-in channel does, by the function that judges those of batches. */
export function judged(file: FileFacts, judging: Judging): { channel: string; verdict: Verdict }[] {
  return BUILTIN_CHANNELS.map((channel) => ({
    channel: channel.name,
    verdict: verdictOf(channel, file, judging),
  }));
}

export function channelBodies(verdicts: { channel: string; verdict: Verdict }[]) {
  return verdicts.map(({ channel, verdict }) => ({ channel, ...verdictBody(verdict) }));
}

/** Of a rendition: what its own channel objects to. */
export function objectionsOf(name: string, file: FileFacts, judging: Judging): string[] {
  const channel = BUILTIN_CHANNELS.find((one) => one.name === name);
  if (!channel) return [];
  const { failed, advised } = wordsOf(verdictOf(channel, file, judging));
  return [...failed.map((text) => `refused: ${text}`), ...advised];
}

/** A picture alone is like a catalogue of one: it stands in one place, and nothing suggests that it is a placeholder. */
function verdictOf(channel: Channel, file: FileFacts, { asOf, ...what }: Judging): Verdict {
  return judgeOf(
    channel,
    asOf,
  )({
    ...what,
    position: 1,
    file,
    isPlaceholder: false,
    isTwice: false,
  });
}

export function verdictTable(verdicts: { channel: string; verdict: Verdict }[]): string {
  const rows = verdicts.map(({ channel, verdict }) => {
    const { failed, advised, unknown } = wordsOf(verdict);
    const told = [...failed, ...advised, ...unknown.map((rule) => `${rule} unknown`)];
    return [channel, verdict.verdict, told.join('; ')];
  });
  return table([['CHANNEL', 'VERDICT', 'WHY'], ...rows], process.stdout);
}
