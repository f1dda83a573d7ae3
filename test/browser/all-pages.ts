import { type Batch, json } from '../support/minilab.ts';
import { untilGrouped } from '../support/same-pictures.ts';
import { catalogue, finishedBatch, openStage, SECRET, type Stage, stuckBatch } from './stage.ts';

type Images = { items: { id: string; state: string }[] };

/** A server in use, and the address of each of its pages, by what it shows. */
export async function openUsedStage(): Promise<{ stage: Stage; pages: Record<string, string> }> {
  const stage = await openStage({ INBOX_SECRETS: `demo=${SECRET}` });
  const done = await finishedBatch(stage, catalogue(stage.origin.url, { products: 20 }));
  await untilGrouped(done);
  const running = await stuckBatch(stage, catalogue(stage.origin.url, { products: 6, from: 100 }));
  return { stage, pages: await allPages(stage, { done, running }) };
}

/** The address of each page, by what it shows. */
async function allPages(
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
    'check of a batch': `${batch}/check?channel=amazon`,
    'pictures that a check counts': `${batch}?channel=amazon&rule=background_white&result=fail`,
    'same pictures': `${batch}/same-pictures`,
    'same pictures of a running batch': `/batches/${running.id}/same-pictures`,
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
