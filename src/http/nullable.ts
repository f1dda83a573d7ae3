import { type TSchema, Type } from 'typebox';

export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export const NullableTime = Nullable(Type.String({ format: 'date-time' }));
