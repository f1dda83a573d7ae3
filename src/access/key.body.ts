import { type Static, Type } from 'typebox';
import { NullableTime } from '../http/nullable.ts';
import { SCOPES } from '../http/principal.ts';
import { publicId } from '../ids.ts';
import type { KeyRow } from './key.queries.ts';

export const ScopeBody = Type.Enum([...SCOPES]);

export const Key = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    tenant: Type.String({ description: 'Name of the tenant that the key belongs to' }),
    scope: ScopeBody,
    prefix: Type.String({ description: 'The first characters of the key, to recognise it by' }),
    state: Type.Enum(['active', 'expired', 'revoked']),
    configured: Type.Boolean({ description: 'Whether it is the key of the setting MINILAB_KEY' }),
    created_at: Type.String({ format: 'date-time' }),
    expires_at: NullableTime,
    revoked_at: NullableTime,
    last_used_at: { ...NullableTime, description: 'To the minute' },
  },
  { 'x-name': 'Key' },
);

export function keyBody(row: KeyRow): Static<typeof Key> {
  return {
    id: publicId('key', row.key_id),
    name: row.name,
    tenant: row.tenant,
    scope: row.scope,
    prefix: row.prefix,
    state: row.state,
    configured: row.is_configured,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  };
}
