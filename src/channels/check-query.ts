import { type Static, Type } from 'typebox';
import { wrongParameter } from '../http/flaws.ts';
import { categoryIf } from './category.ts';
import { isDay, today } from './day.ts';
import { DAY, RULE_IDS } from './rule.ts';
import { VERDICTS } from './verdict.ts';

/** Query parameters of every check. */
export const CheckQuery = {
  of: Type.Optional(
    Type.Enum(['source', 'output'], {
      description:
        'source (the default): the file that the CSV links. output: the rendition that Minilab made of it',
    }),
  ),
  as_of: Type.Optional(
    Type.String({
      pattern: DAY,
      description: 'The day whose rules hold, such as 2027-01-31. Default: today',
    }),
  ),
  rendition: Type.Optional(
    Type.String({
      maxLength: 32,
      description: 'With of=output: the name of the rendition. Default: the first of each image',
    }),
  ),
  apparel: Type.Optional(
    Type.Boolean({
      description:
        'Whether products whose google_product_category does not say it are apparel. Default: what the upload said',
    }),
  ),
};

const channelName = Type.String({ maxLength: 64, description: 'The name of a channel: see /v1/channels' });

export const OfChannel = { channel: channelName, ...CheckQuery };

/** Query parameters of a list of images that a check narrows. */
export const CheckFilterQuery = {
  channel: Type.Optional(channelName),
  verdict: Type.Optional(
    Type.Enum([...VERDICTS], { description: 'With `channel`: only images with this verdict' }),
  ),
  rule: Type.Optional(
    Type.Enum([...RULE_IDS], {
      description:
        'With `channel`: only images that fail this rule; with verdict=unknown, those of which it is unknown',
    }),
  ),
  result: Type.Optional(
    Type.Enum(['fail', 'unknown'], {
      description: 'With `rule`: whether images fail it, or it is unknown, whatever the verdict',
    }),
  ),
  level: Type.Optional(
    Type.Enum(['must', 'should'], { description: 'With `rule`: only as it counts at this level' }),
  ),
  required: Type.Optional(
    Type.String({
      maxLength: 500,
      description:
        'With `rule`: only with this limit, as `required` of the check tells it. A channel may have a rule twice',
    }),
  ),
  ...CheckQuery,
};

const Query = Type.Object(CheckQuery);
const FilterQuery = Type.Object(CheckFilterQuery);
export type CheckFilter = Static<typeof FilterQuery>;

/** How a batch is checked. `category`: of products that do not say theirs; undefined: what the upload said. */
export type CheckChoice = {
  of: 'source' | 'output';
  asOf: string;
  rendition: string | undefined;
  category: 'apparel' | 'other' | undefined;
};

/** @throws Problem `bad_request` */
export function checkChoice({ of = 'source', as_of, rendition, apparel }: Static<typeof Query>): CheckChoice {
  if (as_of !== undefined && !isDay(as_of))
    throw wrongParameter('as_of', 'It must be a day of the calendar.');
  if (rendition !== undefined && of === 'source')
    throw wrongParameter('rendition', 'It belongs to of=output.');
  return { of, asOf: as_of ?? today(), rendition, category: categoryIf(apparel) };
}

/**
 * The choice of a filter, or undefined if there is none.
 * @throws Problem `bad_request` for parameters that lack a channel
 */
export function filterChoice(query: CheckFilter): (CheckChoice & { channel: string }) | undefined {
  const { channel, rule } = query;
  const lonely = rule === undefined && OF_RULES.find((name) => query[name] !== undefined);
  if (lonely) throw wrongParameter(lonely, 'It needs "rule".');
  if (channel !== undefined) return { ...checkChoice(query), channel };
  refuseLonely(query, 'channel');
  return undefined;
}

const OF_RULES = ['result', 'level', 'required'] as const;
const OF_CHECKS = ['verdict', 'rule', ...OF_RULES, 'of', 'as_of', 'rendition', 'apparel'] as const;

/** Refuses parameters of a check where there is none. @throws Problem `bad_request` */
export function refuseLonely(query: Omit<CheckFilter, 'channel'>, needed: string): void {
  const lonely = OF_CHECKS.find((name) => query[name] !== undefined);
  if (lonely) throw wrongParameter(lonely, `It needs "${needed}".`);
}
