import { query } from '../../../api/request.ts';
import type { Batch, CheckedRule, CheckSummary, List, SheetImage } from '../../../api/types.ts';
import { number } from '../../../data/format.ts';
import { useResource } from '../../../data/resource.ts';
import { visible } from '../../../data/user-text.ts';
import { type Column, DataTable } from '../../../parts/data-table.tsx';
import { tabPath } from '../tabs.tsx';
import { measuredText, scopeOf, sentenceOf } from './demand.ts';
import { askedBy, type Question } from './question.ts';
import { Source } from './source.tsx';

type Props = { batch: Batch; summary: CheckSummary; question: Question };

/** The rules of a channel, those that are not met first. */
export function RuleTable({ batch, summary, question }: Props) {
  const rules = summary.rules.toSorted((a, b) => urgency(b) - urgency(a));
  const worst = useWorst(batch.id, rules);
  const counted = (rule: CheckedRule, result: 'fail' | 'unknown') => (
    <Count
      images={result === 'fail' ? rule.failed : rule.unknown}
      isBad={result === 'fail' && rule.level === 'must'}
      href={tabPath(batch.id, 'sheet') + askedBy(question, asked(rule, result))}
      of={sentenceOf(rule)}
    />
  );
  const worstOf = (rule: CheckedRule) => (
    <Worst batch={batch} rule={rule} image={worst.get(rule.worst?.slot ?? 0)} />
  );
  const columns: Column<CheckedRule>[] = [
    { name: 'Level', isHiddenOnPhones: true, cell: (rule) => <Level rule={rule} /> },
    {
      name: 'What is required',
      cell: (rule) => (
        <>
          <Required rule={rule} />
          <div class="only-s">{worstOf(rule)}</div>
        </>
      ),
    },
    { name: 'Not met', kind: 'r', cell: (rule) => counted(rule, 'fail') },
    { name: 'Unknown', kind: 'r', cell: (rule) => counted(rule, 'unknown') },
    { name: 'Worst', isHiddenOnPhones: true, cell: worstOf },
  ];
  return <DataTable label="Rules" columns={columns} rows={rules} keyOf={keyOf} />;
}

function urgency({ level, failed, unknown }: CheckedRule): number {
  const must = level === 'must' ? 1 : 0;
  if (failed > 0) return 4 + must;
  return unknown > 0 ? 2 + must : must;
}

const keyOf = ({ rule, of, level, slots, required, category }: CheckedRule): string =>
  [rule, of, level, slots, required, category].join(' ');

/** The pictures that a rule counts, whatever their verdict: a channel may have a rule with several limits. */
function asked({ rule, level, required }: CheckedRule, result: 'fail' | 'unknown'): Record<string, string> {
  return { rule, level, required: String(required), result };
}

/** The images that are furthest from a limit, by slot. */
function useWorst(batchId: string, rules: CheckedRule[]): Map<number, SheetImage> {
  const slots = [...new Set(rules.flatMap(({ worst }) => worst?.slot ?? []))].toSorted((a, b) => a - b);
  const search = query({ slots: slots.join(','), limit: slots.length });
  const { data } = useResource<List<SheetImage>>(
    slots.length > 0 ? `/v1/batches/${batchId}/sheet${search}` : undefined,
  );
  return new Map(data?.items.map((image) => [image.slot, image]));
}

function Level({ rule: { level, failed } }: { rule: CheckedRule }) {
  const tone = failed === 0 ? '' : level === 'must' ? 'bad' : 'warn';
  return <span class={`badge ${tone}`}>{level}</span>;
}

function Required({ rule }: { rule: CheckedRule }) {
  const scope = scopeOf(rule);
  return (
    <div class="rule">
      <b>{sentenceOf(rule)}</b> {scope && <span class="muted">({scope})</span>}
      <div class="only-s">
        <Level rule={rule} />
      </div>
      {rule.source && <Source source={rule.source} />}
    </div>
  );
}

type CountProps = { images: number; isBad: boolean; href: string; of: string };

function Count({ images, isBad, href, of }: CountProps) {
  if (images === 0) return <span class="faint">0</span>;
  return (
    <a class={isBad ? 'bad' : ''} href={href}>
      {number(images)}
      <span class="sr"> images: {of}</span>
    </a>
  );
}

type WorstProps = { batch: Batch; rule: CheckedRule; image: SheetImage | undefined };

function Worst({ batch, rule, image }: WorstProps) {
  if (!rule.worst) return null;
  const measured = visible(measuredText(rule, rule.worst.measured));
  const picture = (
    <>
      <span class="pic">{image?.thumb && <img src={image.thumb.url} alt="" />}</span>
      <span>{measured}</span>
    </>
  );
  if (!image) return <span class="worst">{picture}</span>;
  return (
    <a class="worst" href={`/batches/${batch.id}/images/${image.id}`}>
      {picture}
      <span class="sr">
        , {visible(image.product.name)}, image {image.position}
      </span>
    </a>
  );
}
