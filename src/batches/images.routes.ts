import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  type CheckChoice,
  type CheckFilter,
  CheckFilterQuery,
  filterChoice,
} from '../channels/check-query.ts';
import type { Db } from '../db/database.ts';
import { ListOf, valuesOf } from '../http/lists.ts';
import { isCount, PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor, writeCursor } from '../http/pages.ts';
import { SOME_SLOTS } from '../http/patterns.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { PUBLIC_IMAGE_STATES, storedStates } from '../images/image.ts';
import { Image, imageBody } from '../images/image.body.ts';
import { CodeList, imageCodesOf } from '../images/code-list.ts';
import { type ImageFilter, type ImageRow, listImages } from '../images/image.queries.ts';
import { SheetImage, sheetBody } from '../images/sheet.body.ts';
import { listSheet, type SheetRow } from '../images/sheet.queries.ts';
import { batchStateOf } from './batch.queries.ts';
import { Found, findInBatch, foundBody } from './find.ts';
import { batchKey, noSuchBatch } from './status.routes.ts';

export type ImagesParts = {
  db: Db;
  publicUrl: string;
  filesUrl: string;
  /** Finds a page of the images with a verdict: at most `limit` slots, and after which one the next page begins. */
  findChecked: FindChecked;
};

type FindChecked = (
  filter: ImageFilter,
  check: CheckFilter & { channel: string; choice: CheckChoice },
) => Promise<{ slots: number[]; next: number | undefined }>;

const Params = Type.Object({ id: Type.String() });

const ImagesQuery = Type.Object({
  ...PageQuery,
  from_slot: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2 ** 31 - 1,
      description: 'Where the first page begins. Default: 1',
    }),
  ),
  slots: Type.Optional(
    Type.String({
      pattern: SOME_SLOTS,
      description: 'Only images in these slots: up to 200, separated by commas',
    }),
  ),
  state: Type.Optional(Type.Enum([...PUBLIC_IMAGE_STATES])),
  code: CodeList,
  host: ListOf('Only images of this host'),
  group: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2 ** 31 - 1,
      description: 'Only images of this group of /same-pictures',
    }),
  ),
  ...CheckFilterQuery,
});

type OfImages = { Params: Static<typeof Params>; Querystring: Static<typeof ImagesQuery> };

const SHORT_PAGES =
  'With `channel`, at most 10,000 images are looked at for a page, which may then be short or empty: go on while there is a `next_cursor`.';

const MAX_FOUND = 100;
const FOUND = 20;

/** The images of a batch: in full, as a contact sheet, and where they are. */
export const imagesRoutes: FastifyPluginAsyncTypebox<ImagesParts> = async (app, parts) => {
  const { db, filesUrl } = parts;

  /** @throws Problem `not_found` */
  async function filterOf(request: FastifyRequest<OfImages>): Promise<ImageFilter> {
    const { id } = request.params;
    const { state, code, host, group, cursor, from_slot = 1, slots, limit = PAGE_SIZE } = request.query;
    const codes = imageCodesOf(code);
    const key = batchKey(tenantOf(request), id);
    const batchState = await batchStateOf(db, key);
    if (batchState === undefined) throw noSuchBatch(id);
    return {
      ...key,
      states: state && storedStates(state, { isCancelled: batchState === 'cancelled' }),
      slots: slots?.split(',').map(Number),
      codes,
      hosts: valuesOf(host),
      group,
      afterSlot: readCursor(cursor, isCount) ?? from_slot - 1,
      limit: limit + 1,
    };
  }

  /** A page of the images that a check leaves. Undefined: none was asked for. @throws Problem `bad_request` */
  async function checkedPage<Row, Item>(
    { query }: FastifyRequest<OfImages>,
    filter: ImageFilter,
    { read, item }: { read: (filter: ImageFilter) => Promise<Row[]>; item: (row: Row) => Item },
  ): Promise<{ items: Item[]; next_cursor: string | null } | undefined> {
    const choice = filterChoice(query);
    if (!choice) return undefined;
    const { channel } = choice;
    const page = { ...filter, limit: filter.limit - 1 };
    const { slots, next } = await parts.findChecked(page, { ...query, channel, choice });
    const { tenantId, batchId } = filter;
    const rows = await read({ tenantId, batchId, slots, afterSlot: 0, limit: slots.length });
    return { items: rows.map(item), next_cursor: next === undefined ? null : writeCursor(next) };
  }

  app.get(
    '/v1/batches/:id/images',
    {
      schema: {
        summary: 'Images of a batch, by slot',
        description: SHORT_PAGES,
        params: Params,
        querystring: ImagesQuery,
        response: { 200: PageOf(Image), 404: ProblemAnswer },
      },
    },
    async (request) => {
      const filter = await filterOf(request);
      const item = (row: ImageRow): Static<typeof Image> => imageBody(row, filesUrl);
      const read = (some: ImageFilter): Promise<ImageRow[]> => listImages(db, some);
      const checked = await checkedPage(request, filter, { read, item });
      if (checked) return checked;
      return pageOf(await read(filter), filter.limit - 1, { item, cursor: (row) => row.slot });
    },
  );

  app.get(
    '/v1/batches/:id/sheet',
    {
      schema: {
        summary: 'Images of a batch for a contact sheet, by slot',
        description:
          'The same images as /images with less of each, its product, and a small picture. ' + SHORT_PAGES,
        params: Params,
        querystring: ImagesQuery,
        response: { 200: PageOf(SheetImage), 404: ProblemAnswer },
      },
    },
    async (request) => {
      const filter = await filterOf(request);
      const item = (row: SheetRow): Static<typeof SheetImage> => sheetBody(row, parts);
      const read = (some: ImageFilter): Promise<SheetRow[]> => listSheet(db, some);
      const checked = await checkedPage(request, filter, { read, item });
      if (checked) return checked;
      return pageOf(await read(filter), filter.limit - 1, { item, cursor: (row) => row.slot });
    },
  );

  app.get(
    '/v1/batches/:id/find',
    {
      schema: {
        summary: 'Where a row, SKU, product name or source URL is in a batch',
        description:
          'A row number, an exact SKU and an exact URL are found at once, and come first. Then rows whose SKU, product name or, if `q` holds a dot or a slash, source URL contains `q` in any case. Of a large batch each request searches a part: go on while there is a `next_cursor`, also after a page without items.',
        params: Params,
        querystring: Type.Object({
          q: Type.String({ minLength: 1, maxLength: 2_000 }),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_FOUND, default: FOUND })),
          cursor: PageQuery.cursor,
        }),
        response: { 200: PageOf(Found), 404: ProblemAnswer },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { q, limit = FOUND, cursor } = request.query;
      const key = batchKey(tenantOf(request), id);
      if ((await batchStateOf(db, key)) === undefined) throw noSuchBatch(id);
      const afterRow = readCursor(cursor, isCount);
      const { rows, next } = await findInBatch(db, key, { text: q.trim(), limit, afterRow });
      return { items: rows.map(foundBody), next_cursor: next === undefined ? null : writeCursor(next) };
    },
  );
};
