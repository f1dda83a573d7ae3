import { BatchPage } from '../pages/batch/batch-page.tsx';
import { BatchesPage } from '../pages/batches/batches-page.tsx';
import { CheckPage } from '../pages/check/check-page.tsx';
import { NewPage } from '../pages/new/new-page.tsx';
import { NotFound } from '../pages/not-found.tsx';
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx';
import { lazy } from '../parts/lazy.tsx';
import { PageWaiting } from '../parts/waiting.tsx';
import { here, match } from './router.ts';
import { session } from './session.ts';

const ImagePage = lazy<{ batch: string; image: string }>(
  async () => (await import('../pages/image/image-page.tsx')).ImagePage,
);
const WebhooksPage = lazy<{ part: string | undefined }>(
  async () => (await import('../pages/webhooks/webhooks-page.tsx')).WebhooksPage,
);
const HostsPage = lazy(async () => (await import('../pages/hosts/hosts-page.tsx')).HostsPage);
const PresetsPage = lazy<{ name: string | undefined }>(
  async () => (await import('../pages/presets/presets-page.tsx')).PresetsPage,
);
const KeysPage = lazy<{ part: string | undefined }>(
  async () => (await import('../pages/keys/keys-page.tsx')).KeysPage,
);

/** Pages with the same key are the same page in another state: the focus stays where it is. */
export function pageKey(path: string): string {
  const image = match('/batches/:id/images/:image', path);
  if (image) return `image ${image['id']}`;
  const [, name = '', id = ''] = path.split('/');
  return name === 'batches' ? `${name} ${id}` : name;
}

export function PageHere() {
  const { path } = here.value;
  // What a key may do decides which buttons there are: a page that is drawn before it is known moves when it is.
  if (session.value === undefined) return <PageWaiting />;
  const is = (pattern: string): Record<string, string> | undefined => match(pattern, path);
  if (is('/')) return <NewPage />;
  if (is('/check')) return <CheckPage />;
  if (is('/batches')) return <BatchesPage />;
  if (is('/hosts')) return <HostsPage />;
  if (is('/sign-in')) return <SignInPage />;
  const image = is('/batches/:id/images/:image');
  if (image) return <ImagePage batch={image['id'] ?? ''} image={image['image'] ?? ''} />;
  const batch = is('/batches/:id/:part?');
  if (batch) return <BatchPage id={batch['id'] ?? ''} part={batch['part']} />;
  const webhooks = is('/webhooks/:part?');
  if (webhooks) return <WebhooksPage part={webhooks['part']} />;
  const keys = is('/keys/:part?');
  if (keys) return <KeysPage part={keys['part']} />;
  const presets = is('/presets/:name?');
  if (presets) return <PresetsPage name={presets['name']} />;
  return <NotFound />;
}
