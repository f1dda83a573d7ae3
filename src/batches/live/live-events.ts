import { publicId } from '../../ids.ts';
import { sentenceOf } from '../../pipeline/problem-words.ts';
import { progressBody } from '../progress.body.ts';
import { type Cursor, eventId } from './event-id.ts';
import type { FailedImage } from './live.queries.ts';
import type { News } from './news.ts';
import { readSlotRanges } from './slot-ranges.ts';

/** One server-sent event (WHATWG HTML, 9.2). Its id becomes the `Last-Event-ID` of a client that comes back. */
export function event(name: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** How far a reader has come that was told these news. */
export function cursorAfter({ row }: News, cursor: Cursor | undefined): Cursor {
  if (cursor?.told) return { round: cursor.round, version: cursor.told.upTo };
  return { round: row.round, version: row.version };
}

/**
 * News as events. Only the last one moves the cursor to the present, so that a reader that is cut off before it
 * is told the rest, or what it has again, except failures: each has an id of its own.
 * @param hasSlots whether the reader knows which slots are in work
 */
export function newsText(news: News, cursor: Cursor | undefined, hasSlots: boolean): string {
  const failures = cursor ? failureEvents(news, cursor) : [];
  if (cursor?.told) return failures.join('');
  const id = eventId(cursorAfter(news, cursor));
  const body = progressBody(news.row, news.activity);
  const isNews = news.completed.length > 0 || news.failed.length > 0;
  const isGap = cursor !== undefined && (!news.isComplete || cursor.round !== news.row.round);
  return [
    isGap ? event('reset', {}) : '',
    isNews || !hasSlots || isGap ? slotsEvent(news) : '',
    ...failures,
    event('progress', body, id),
    news.row.ended_at === null ? '' : event('done', body, `${id}-done`),
  ].join('');
}

function slotsEvent({ completed, failed, processing }: News): string {
  return event('slots', { completed, failed, processing: readSlotRanges(processing) });
}

function failureEvents({ row, failures, leftOut }: News, cursor: Cursor): string[] {
  const upTo = cursor.told?.upTo ?? row.version;
  const idOf = (slot: number): string => eventId({ ...cursor, told: { upTo, slot } });
  const events = failures.map((image) => event('image', failureBody(image), idOf(image.slot)));
  return leftOut > 0 ? [...events, event('images_left_out', { count: leftOut })] : events;
}

function failureBody(image: FailedImage): object {
  return {
    id: publicId('img', image.image_id),
    slot: image.slot,
    row: image.row_number,
    position: image.position,
    error_code: image.error_code,
    error_detail: image.error_detail ?? sentenceOf(image.error_code),
  };
}
