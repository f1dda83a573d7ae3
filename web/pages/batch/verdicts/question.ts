import { query } from '../../../api/request.ts';
import { queryOf } from '../../../app/router.ts';

/** What a check asks; it stands in the address, also in that of the contact sheet that shows what was found. */
export type Question = {
  channel: string;
  of: 'source' | 'output';
  /** undefined: today */
  as_of: string | undefined;
  rendition: string | undefined;
  apparel: string | undefined;
};

/** @param channel if the address names none */
export function questionHere(channel: string): Question {
  const of = queryOf('of') === 'output' ? 'output' : 'source';
  return {
    channel: queryOf('channel') ?? channel,
    of,
    as_of: queryOf('as_of'),
    rendition: of === 'output' ? queryOf('rendition') : undefined,
    apparel: queryOf('apparel'),
  };
}

/** As the query of a request or of an address. */
export function askedBy(
  { of, ...question }: Question,
  more: Record<string, string | number | undefined> = {},
): string {
  return query({ ...question, of: of === 'source' ? undefined : of, ...more });
}
