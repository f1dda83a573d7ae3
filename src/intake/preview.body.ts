import { Type } from 'typebox';
import { ROLES } from './column-list.ts';

const Role = Type.Enum(ROLES.map(({ role }) => role));

/** The part of a preview that shows the table and the roles of its columns. */
export const PreviewTable = {
  column_list: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'Of the column, from 0: its place in `cells`' }),
      header: Type.String(),
      role: Type.Union([Role, Type.Null()]),
      how: Type.Union([Type.Enum(['name', 'chosen', 'guessed']), Type.Null()], {
        description:
          'How its role was found: by its name; chosen in `columns`; guessed from its cells, to be sent in `columns`, because no column holds images by its name',
      }),
      samples: Type.Array(Type.String(), {
        description: 'Up to three different texts of its first cells, up to 80 characters each',
      }),
    }),
    { description: 'Every column of the header' },
  ),
  roles: Type.Array(
    Type.Object({
      role: Role,
      several: Type.Boolean({ description: 'Whether `columns` may give it to several columns' }),
    }),
    { description: 'The roles that a column may have' },
  ),
  rows_shown: Type.Array(
    Type.Object({
      row: Type.Integer({ description: 'Number of the product, from 1: a gap has as many rows as numbers' }),
      line: Type.Integer({ description: 'Line of the file where the row begins' }),
      cells: Type.Array(Type.String(), {
        description:
          'As they stand in the file: the first 250, each cut to 200 characters. Empty where rows with problems have more than 2 million characters before this one',
      }),
      problems: Type.Array(
        Type.Object({
          index: Type.Union([Type.Integer(), Type.Null()], {
            description: 'Of the cell, from 0; null: of the whole row',
          }),
          level: Type.Enum(['error', 'warning']),
          code: Type.String(),
          detail: Type.String(),
        }),
      ),
    }),
    {
      description: 'The first 20 rows, and the rows with the first 1,000 errors and the first 1,000 warnings',
    },
  ),
};
