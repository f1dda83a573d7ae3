import type { ComponentChildren } from 'preact';
import type { Batch, Channel, List, VerdictWord } from '../../../api/types.ts';
import { queryOf, setQuery } from '../../../app/router.ts';
import { reload, useResource } from '../../../data/resource.ts';
import { visible } from '../../../data/user-text.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Lines, Loaded } from '../../../parts/waiting.tsx';
import { tabPath } from '../tabs.tsx';
import { sentenceOf } from '../verdicts/demand.ts';
import { askedBy, questionHere } from '../verdicts/question.ts';
import { foundFilter, WITHOUT_FOUND } from './found-filter.ts';

const CHANNELS = '/v1/channels';
const VERDICT_WORDS: Record<string, string> = {
  fail: 'pictures that fail',
  warn: 'pictures with a warning',
  pass: 'pictures that pass',
  unknown: 'pictures whose verdict is unknown',
} satisfies Record<VerdictWord, string>;

/** What the sheet shows, where a check led to it, and the ways on; and the sheet, when that is known: nothing moves. */
export function FoundNote({ batch, children }: { batch: Batch; children: ComponentChildren }) {
  const isOfCheck = queryOf('channel') !== undefined && foundFilter() !== undefined;
  const known = useResource<List<Channel>>(isOfCheck ? CHANNELS : undefined);
  if (!isOfCheck)
    return (
      <>
        {queryOf('group') !== undefined && <OfGroup batch={batch} />}
        {children}
      </>
    );
  return (
    <Loaded known={known} waiting={<Lines />} onRetry={() => reload(CHANNELS)}>
      {({ items }) => (
        <>
          <OfCheck batch={batch} channel={items.find(({ name }) => name === queryOf('channel'))} />
          {children}
        </>
      )}
    </Loaded>
  );
}

function OfCheck({ batch, channel }: { batch: Batch; channel: Channel | undefined }) {
  const name = queryOf('channel') ?? '';
  const rule = ruleHere(channel);
  return (
    <Note>
      <b>
        {visible(channel?.title ?? name)}: {whatIsFound()}
      </b>
      {rule && ` “${sentenceOf(rule)}”`}.{' '}
      <a href={tabPath(batch.id, 'check') + askedBy(questionHere(name))} data-keep-scroll="">
        The check
      </a>
    </Note>
  );
}

function OfGroup({ batch }: { batch: Batch }) {
  return (
    <Note>
      <b>Images that show the same picture.</b>{' '}
      <a href={tabPath(batch.id, 'same-pictures')} data-keep-scroll="">
        All same pictures
      </a>
    </Note>
  );
}

function Note({ children }: { children: ComponentChildren }) {
  return (
    <div class="note gaptop">
      <Icon name="find" />
      <div class="grow">{children}</div>
      <button type="button" class="btn" onClick={() => setQuery({ ...WITHOUT_FOUND, slot: undefined })}>
        Show all images
      </button>
    </div>
  );
}

function whatIsFound(): string {
  if (queryOf('rule') === undefined) return VERDICT_WORDS[queryOf('verdict') ?? ''] ?? '';
  return queryOf('result') === 'unknown'
    ? 'it is unknown whether they meet the rule'
    : 'they do not meet the rule';
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
