import { useState } from 'preact/hooks';
import type { ApiKey, List } from '../../api/types.ts';
import { reload, useResource } from '../../data/resource.ts';
import { SecretShown } from '../../parts/secret.tsx';
import { UserText } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { KeyForm } from './key-form.tsx';
import { KeyTable, NoKeys } from './key-table.tsx';
import { RevokeQuestion } from './revoke-question.tsx';

const PATH = '/v1/keys';

type Props = { isOpen: boolean; onClose: () => void };

/** The API keys of this customer, for admins. @param props whether a new key is being made */
export function KeyList({ isOpen, onClose }: Props) {
  const [made, setMade] = useState<ApiKey>();
  const [revoked, revoke] = useState<ApiKey>();
  const known = useResource<List<ApiKey>>(PATH);
  return (
    <>
      {made?.key && (
        <SecretShown secret={made.key} onDone={() => setMade(undefined)}>
          The key of <UserText text={made.name} />: copy it now, it is never shown again.
        </SecretShown>
      )}
      <Loaded known={known} waiting={<Lines count={4} />} onRetry={() => reload(PATH)}>
        {({ items }) => (items.length === 0 ? <NoKeys /> : <KeyTable keys={items} onRevoke={revoke} />)}
      </Loaded>
      {isOpen && (
        <KeyForm
          onClose={onClose}
          onMade={(key) => {
            setMade(key);
            onClose();
            void reload(PATH);
          }}
        />
      )}
      {revoked && <RevokeQuestion apiKey={revoked} onClose={() => revoke(undefined)} />}
    </>
  );
}
