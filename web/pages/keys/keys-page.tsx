import { useState } from 'preact/hooks';
import { request } from '../../api/request.ts';
import type { ApiKey, List } from '../../api/types.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { reload, useResource } from '../../data/resource.ts';
import { Action } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { SecretShown } from '../../parts/secret.tsx';
import { Moment, UserText } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { KeyForm } from './key-form.tsx';
import { Dialog } from '../../parts/dialog.tsx';

const PATH = '/v1/keys';
const MAY = { read: 'look', write: 'look and change', admin: 'everything' };

/** The API keys of this customer, for admins. */
export function KeysPage() {
  useTitle('Keys');
  const [isOpen, open] = useState(false);
  const [made, setMade] = useState<ApiKey>();
  const [revoked, revoke] = useState<ApiKey>();
  const isAdmin = may('admin');
  const known = useResource<List<ApiKey>>(isAdmin ? PATH : undefined);
  return (
    <>
      <PageHead
        title="Keys"
        sub="Whoever has a key may use this Minilab. A key is shown once, when it is made."
      >
        {isAdmin && (
          <button type="button" class="btn primary" onClick={() => open(true)}>
            New key
          </button>
        )}
      </PageHead>
      {!isAdmin && (
        <Empty title="Keys are for admins">
          <p>This key may not see other keys.</p>
        </Empty>
      )}
      {made?.key && (
        <SecretShown secret={made.key} onDone={() => setMade(undefined)}>
          The key of <UserText text={made.name} />: copy it now, it is never shown again.
        </SecretShown>
      )}
      {isAdmin && (
        <Loaded known={known} waiting={<Lines count={4} />} onRetry={() => reload(PATH)}>
          {({ items }) => (items.length === 0 ? <NoKeys /> : <KeyTable keys={items} onRevoke={revoke} />)}
        </Loaded>
      )}
      {isOpen && (
        <KeyForm
          onClose={() => open(false)}
          onMade={(key) => {
            setMade(key);
            open(false);
            void reload(PATH);
          }}
        />
      )}
      {revoked && <RevokeQuestion apiKey={revoked} onClose={() => revoke(undefined)} />}
    </>
  );
}

function NoKeys() {
  return (
    <Empty title="No keys yet">
      <p>
        Without a key only this machine may use Minilab. The first key closes it: from then on everybody needs
        one.
      </p>
    </Empty>
  );
}

function KeyTable({ keys, onRevoke }: { keys: ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  return (
    <div class="card">
      <div class="scrollx" tabIndex={0} role="region" aria-label="Table of keys">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">State</th>
              <th scope="col" class="hide-s">
                May
              </th>
              <th scope="col" class="hide-s">
                Last used
              </th>
              <th scope="col" class="hide-s">
                Expires
              </th>
              <th scope="col" class="r">
                <span class="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <KeyRow key={key.id} apiKey={key} onRevoke={() => onRevoke(key)} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function KeyRow({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) {
  const { name, prefix, state, scope, last_used_at: used, expires_at: expires, configured } = apiKey;
  const badges = {
    active: <span class="badge ok">In use</span>,
    expired: <span class="badge warn">Expired</span>,
    revoked: <span class="badge">Revoked</span>,
  };
  return (
    <tr>
      <td>
        <b class="any">
          <UserText text={name} />
        </b>
        <div class="tiny faint mono">{prefix}…</div>
      </td>
      <td>{badges[state]}</td>
      <td class="hide-s muted">{MAY[scope]}</td>
      <td class="hide-s muted">{used === null ? 'never' : <Moment at={used} />}</td>
      <td class="hide-s muted">{expires === null ? 'never' : <Moment at={expires} />}</td>
      <td class="r">
        {state === 'active' && !configured && (
          <button type="button" class="btn" onClick={onRevoke}>
            Revoke<span class="sr"> {name}</span>
          </button>
        )}
        {configured && <span class="tiny faint">set by MINILAB_KEY</span>}
      </td>
    </tr>
  );
}

function RevokeQuestion({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  async function revoke(): Promise<void> {
    await request(`${PATH}/${apiKey.id}`, { method: 'DELETE' });
    await reload(PATH);
    say('Revoked');
    onClose();
  }
  return (
    <Dialog title="Revoke this key?" onClose={onClose}>
      <p class="gaptop">
        Whoever uses <UserText text={apiKey.name} /> is refused within 5 seconds. This cannot be undone.
      </p>
      <div class="row right gaptop2">
        <button type="button" class="btn" onClick={onClose}>
          Keep it
        </button>
        <Action kind="danger" busy="Revoking …" act={revoke}>
          Revoke it
        </Action>
      </div>
    </Dialog>
  );
}
