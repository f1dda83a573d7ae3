import { type Batch, json } from '../support/minilab.ts';
import type { Stage } from './stage.ts';

type Images = { items: { id: string; state: string }[] };

/** The address of each page, by what it shows. */
export async function allPages(
  stage: Stage,
  { done, running }: { done: Batch; running: Batch },
): Promise<Record<string, string>> {
  const { items } = await json<Images>(fetch(`${done.links.images}?limit=100`));
  const imageIn = (state: string): string => items.find((image) => image.state === state)?.id ?? '';
  const batch = `/batches/${done.id}`;
  await fetch(`${stage.url}/v1/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${stage.url}/v1/webhooks/inbox/demo`, description: 'Shop, production' }),
  });
  return {
    'new batch': '/',
    batches: '/batches',
    'batches without any': '/batches?name=nothing',
    'contact sheet': batch,
    'failures on the sheet': `${batch}?show=failed`,
    'running sheet': `/batches/${running.id}`,
    failures: `${batch}/failures`,
    results: `${batch}/results`,
    'webhook of a batch': `${batch}/webhook`,
    'an image': `${batch}/images/${imageIn('completed')}`,
    'a failed image': `${batch}/images/${imageIn('failed')}`,
    webhooks: '/webhooks',
    'webhooks of a batch': `/webhooks?batch=${done.id}`,
    'no open webhooks': '/webhooks?show=exhausted',
    'how to check a signature': '/webhooks/signature',
    inbox: '/webhooks/inbox',
    hosts: '/hosts',
    'hosts of a batch': `/hosts?batch=${running.id}`,
    'no such host': '/hosts?q=nothing',
    presets: '/presets',
    'a preset': '/presets/web',
    'a new preset': '/presets/new',
    keys: '/keys',
    usage: '/keys/usage',
    'audit log': '/keys/audit',
    'sign in': '/sign-in',
    'no such page': '/batches/x/nothing',
  };
}
