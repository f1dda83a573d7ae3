import type { ApiKey } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { Moment, UserText } from '../../parts/text.tsx';

const MAY = { read: 'look', write: 'look and change', admin: 'everything' };

export function NoKeys() {
  return (
    <Empty title="No keys yet">
      <p>
        Without a key only this machine may use Minilab. The first key closes it: from then on everybody needs
        one.
      </p>
    </Empty>
  );
}

export function KeyTable({ keys, onRevoke }: { keys: ApiKey[]; onRevoke: (key: ApiKey) => void }) {
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
        <div class="tiny muted only-s">
          {MAY[scope]}, used: {used === null ? 'never' : <Moment at={used} />}
        </div>
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
