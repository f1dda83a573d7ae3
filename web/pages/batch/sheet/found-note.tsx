import type { Batch, Channel, List, VerdictWord } from '../../../api/types.ts';
import { queryOf, setQuery } from '../../../app/router.ts';
import { useResource } from '../../../data/resource.ts';
import { visible } from '../../../data/user-text.ts';
import { Icon } from '../../../parts/icon.tsx';
import { tabPath } from '../tabs.tsx';
import { sentenceOf } from '../verdicts/demand.ts';
import { askedBy, questionHere } from '../verdicts/question.ts';
import { WITHOUT_FOUND } from './found-filter.ts';

const VERDICT_WORDS: Record<string, string> = {
  fail: 'Pictures that fail',
  warn: 'Pictures with a warning',
  pass: 'Pictures that pass',
  unknown: 'Pictures of which it is unknown',
} satisfies Record<VerdictWord, string>;

/** What the sheet shows, where a check led to it, and the ways on. */
export function FoundNote({ batch }: { batch: Batch }) {
  const name = queryOf('channel') ?? '';
  const { data } = useResource<List<Channel>>('/v1/channels');
  const channel = data?.items.find((one) => one.name === name);
  const rule = ruleHere(channel);
  const what =
    queryOf('rule') === undefined
      ? (VERDICT_WORDS[queryOf('verdict') ?? ''] ?? '')
      : queryOf('result') === 'unknown'
        ? 'It is unknown whether they meet the rule'
        : 'They do not meet the rule';
  return (
    <div class="note gaptop">
      <Icon name="find" />
      <div class="grow">
        <b>
          {visible(channel?.title ?? name)}: {what}
        </b>
        {rule && ` “${sentenceOf(rule)}”`}{' '}
        <a href={tabPath(batch.id, 'check') + askedBy(questionHere(name))} data-keep-scroll="">
          The check
        </a>
      </div>
      <button type="button" class="btn" onClick={() => setQuery({ ...WITHOUT_FOUND, slot: undefined })}>
        Show all images
      </button>
    </div>
  );
}

/** The rule of the address: a channel may have one with several limits, of which the address has one. */
function ruleHere(channel: Channel | undefined): Channel['rules'][number] | undefined {
  const required = queryOf('required');
  const rules = channel?.rules.filter(({ rule }) => rule === queryOf('rule')) ?? [];
  return (
    rules.find(({ at_least, at_most, one_of, colour }) =>
      [at_least, at_most, one_of?.join('/'), colour].map(String).includes(String(required)),
    ) ?? rules[0]
  );
}
