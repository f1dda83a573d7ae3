import type { Batch, CheckSummary, VerdictWord } from '../../../api/types.ts';
import { date, number } from '../../../data/format.ts';
import { visible } from '../../../data/user-text.ts';
import { Action } from '../../../parts/button.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { tabPath } from '../tabs.tsx';
import { askedBy, type Question } from './question.ts';
import { RuleTable } from './rule-table.tsx';
import { Unmeasured } from './unmeasured.tsx';

const VERDICTS: [verdict: VerdictWord, name: string, meaning: string][] = [
  ['fail', 'Fail', 'a rule that must be met is not'],
  ['warn', 'Warn', 'something is advised'],
  ['pass', 'Pass', 'every rule is met'],
  ['unknown', 'Unknown', 'not measured, or not made'],
];

type Props = { batch: Batch; summary: CheckSummary; question: Question; onAgain: () => unknown };

/** How many pictures meet the rules of a channel, which rules they do not meet, and what nobody judged. */
export function Summary({ batch, summary, question, onAgain }: Props) {
  const { title, as_of, of, renditions, not_judged } = summary;
  const what = of === 'source' ? 'linked pictures' : `pictures that Minilab made (${renditions.join(', ')})`;
  return (
    <>
      {batch.ended_at === null && <StillRuns onAgain={onAgain} />}
      <Unmeasured batch={batch} summary={summary} />
      <h2 class="gapb">
        The {what}, by the rules of {visible(title)} on {date(as_of)}
      </h2>
      <div class="verdicts gapb">
        {VERDICTS.map(([verdict, name, meaning]) => (
          <Verdict
            key={verdict}
            {...{ verdict, name, meaning }}
            images={summary.images[verdict]}
            href={tabPath(batch.id, 'sheet') + askedBy(question, { verdict })}
          />
        ))}
      </div>
      <RuleTable batch={batch} summary={summary} question={question} />
      <p class="small muted gaptop">
        <b>Not judged:</b> {not_judged.join('; ')}.
      </p>
      <Downloads batch={batch} question={question} />
    </>
  );
}

type VerdictProps = { verdict: VerdictWord; name: string; meaning: string; images: number; href: string };

/** A count that leads to its pictures; none leads nowhere. */
function Verdict({ verdict, name, meaning, images, href }: VerdictProps) {
  const text = (
    <>
      <b class="num">{number(images)}</b> <span>{name}</span> <small>{meaning}</small>
    </>
  );
  if (images === 0) return <div class="card none">{text}</div>;
  return (
    <a class="card" data-v={verdict} href={href}>
      {text}
    </a>
  );
}

function StillRuns({ onAgain }: { onAgain: () => unknown }) {
  return (
    <div class="note gapb">
      <Icon name="pause" />
      <div class="grow">The batch still runs: what is not downloaded yet is unknown.</div>
      <Action busy="Checking …" act={onAgain}>
        Check again
      </Action>
    </div>
  );
}

function Downloads({ batch, question: { channel, ...question } }: { batch: Batch; question: Question }) {
  const base = `/v1/batches/${batch.id}`;
  const files = {
    'check.csv': base + '/check.csv' + askedBy({ channel, ...question }),
    'output.csv with the verdicts':
      base + '/output.csv' + askedBy({ channel: '', ...question }, { check: channel }),
  };
  return (
    <div class="row gaptop">
      {Object.entries(files).map(([name, href]) => (
        <a key={name} class="btn" href={href} download>
          <Icon name="down" />
          {name}
        </a>
      ))}
    </div>
  );
}
