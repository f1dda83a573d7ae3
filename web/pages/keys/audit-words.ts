import type { AuditEntry } from '../../api/types.ts';

/** What was done, by the names that docs/audit.md lists. */
export const ACTIONS: Record<string, string> = {
  'batch.create': 'made a batch',
  'batch.retry': 'tried a batch again',
  'batch.cancel': 'cancelled a batch',
  'batch.delete': 'deleted a batch',
  'upload.create': 'sent a file',
  'upload.delete': 'removed a file',
  'preset.put': 'saved a preset',
  'preset.delete': 'removed a preset',
  'host.put': 'set a host',
  'webhook.create': 'added an endpoint',
  'webhook.change': 'changed an endpoint',
  'webhook.rotate_secret': 'renewed a secret',
  'webhook.delete': 'removed an endpoint',
  'webhook.test': 'tested an endpoint',
  'webhook.replay': 'sent deliveries again',
  'delivery.redeliver': 'sent a delivery again',
  'key.create': 'made a key',
  'key.revoke': 'revoked a key',
  'key.restore': 'made a key valid again',
  'key.reset': 'deleted all keys',
  'session.create': 'signed in',
  'session.delete': 'signed out',
  'tenant.create': 'made a customer',
  'tenant.limit': 'set limits of a customer',
  'tenant.delete': 'deleted a customer',
};

const ACTORS = { local: 'This machine', command_line: 'The command line', settings: 'The settings', key: '' };

/** Who did it: a key, or what acts without one. */
export function whoOf({ actor, key, details }: AuditEntry): string {
  const user = details['user'];
  if (key) return key.name;
  return typeof user === 'string'
    ? `${ACTORS[actor as keyof typeof ACTORS]}, ${user}`
    : (ACTORS[actor as keyof typeof ACTORS] ?? actor);
}

/** Where the object of an action can be seen; undefined if nowhere. */
export function addressOf({ object: { type, id }, action }: AuditEntry): string | undefined {
  if (id === null || action.endsWith('.delete')) return undefined;
  const to = encodeURIComponent(id);
  const pages: Record<string, string> = {
    batch: `/batches/${to}`,
    preset: `/presets/${to}`,
    host: `/hosts?q=${to}`,
  };
  return pages[type];
}

/** `name: autumn.csv, images: 12` */
export function detailsText({ details }: AuditEntry): string {
  return Object.entries(details)
    .filter(([name, value]) => value !== null && name !== 'user')
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${textOf(value)}`)
    .join(', ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
