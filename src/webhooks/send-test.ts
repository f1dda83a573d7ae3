import { type Db, inTransaction } from '../db/database.ts';
import { publicId } from '../ids.ts';
import type { Queue } from '../queue/queue.ts';
import type { EndpointRow } from './endpoint.queries.ts';
import { writeEventTo } from './events.ts';
import { databaseNow } from './inbox.ts';

/** Writes a `webhook.test` event for one endpoint, whatever events it asked for. @returns the id of its delivery */
export async function sendTest(
  db: Db,
  queue: Queue,
  { tenantId, endpoint }: { tenantId: number; endpoint: EndpointRow },
): Promise<string> {
  return inTransaction(db, async (trx) => {
    const { endpoint_id, url, description } = endpoint;
    const payload = { endpoint: { id: publicId('whe', endpoint_id), description } };
    const event = { tenantId, type: 'webhook.test' as const, at: new Date(await databaseNow(trx)), payload };
    return writeEventTo(trx, event, { endpoint: { endpoint_id, url }, queue });
  });
}
