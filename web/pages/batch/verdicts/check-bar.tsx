import type { Batch, Channel } from '../../../api/types.ts';
import { setQuery } from '../../../app/router.ts';
import { date } from '../../../data/format.ts';
import { visible } from '../../../data/user-text.ts';
import { Chips } from '../../../parts/chips.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { type Change, nextChange, today } from './change.ts';
import { type Demand, scopeOf, sentenceOf } from './demand.ts';
import type { Question } from './question.ts';

type Props = {
  batch: Batch;
  channels: Channel[];
  question: Question;
  onChannel: (name: string) => void;
  isAsking: boolean;
};

/** Which channel, of which day, and which of the pictures. */
export function CheckBar({ batch, channels, question, onChannel, isAsking }: Props) {
  const channel = channels.find(({ name }) => name === question.channel);
  const now = today();
  const change = channel && nextChange(channel, now);
  return (
    <>
      <div class="toolbar checkbar">
        <select
          aria-label="Channel"
          value={question.channel}
          onChange={({ currentTarget: { value } }) => {
            onChannel(value);
            setQuery({ channel: value, apparel: undefined });
          }}
        >
          {!channel && <option value={question.channel}>{visible(question.channel)}</option>}
          {channels.map(({ name, title }) => (
            <option key={name} value={name}>
              {visible(title)}
            </option>
          ))}
        </select>
        <input
          type="date"
          aria-label="By the rules of"
          value={question.as_of ?? now}
          onChange={({ currentTarget: { value } }) => setQuery({ as_of: value === now ? undefined : value })}
        />
        <Chips
          label="Which pictures"
          choices={[
            { id: 'source', name: 'Linked pictures' },
            { id: 'output', name: 'Made by Minilab' },
          ]}
          chosen={question.of}
          onChoose={(of) => setQuery({ of: of === 'source' ? undefined : of, rendition: undefined })}
        />
        {channel?.rules.some(({ category }) => category) && <Apparel batch={batch} question={question} />}
        <span class="small muted" role="status">
          {isAsking && 'Checking …'}
        </span>
      </div>
      {channel && change && <ChangeNote channel={channel} change={change} asOf={question.as_of ?? now} />}
    </>
  );
}

/** As the upload said it, until one chooses. */
function Apparel({ batch, question }: { batch: Batch; question: Question }) {
  const said = batch.apparel ?? false;
  return (
    <label class="row small" title="Where the column google_product_category does not say it">
      <input
        type="checkbox"
        checked={question.apparel === undefined ? said : question.apparel === 'true'}
        onChange={({ currentTarget: { checked } }) =>
          setQuery({ apparel: checked === said ? undefined : String(checked) })
        }
      />
      products are apparel
    </label>
  );
}

/** What the channel demands from a day to come, and the check for it. */
function ChangeNote({ channel, change, asOf }: { channel: Channel; change: Change; asOf: string }) {
  const isThen = asOf >= change.on;
  return (
    <div class="note warn gapb">
      <Icon name="warn" />
      <div class="grow">
        <b>
          {visible(channel.title)} changes its rules on {date(change.on)}.
        </b>{' '}
        {change.rules.map((rule) => `${withScope(rule)}.`).join(' ') || 'Some rules end then.'}
      </div>
      <button type="button" class="btn" onClick={() => setQuery({ as_of: isThen ? undefined : change.on })}>
        {isThen ? 'Check for today' : `Check for ${date(change.on)}`}
      </button>
    </div>
  );
}

function withScope(rule: Demand): string {
  const scope = scopeOf(rule);
  return scope === undefined ? sentenceOf(rule) : `${sentenceOf(rule)} (${scope})`;
}
