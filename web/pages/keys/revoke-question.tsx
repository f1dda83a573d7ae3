import { request } from '../../api/request.ts';
import type { ApiKey } from '../../api/types.ts';
import { say } from '../../app/say.ts';
import { reload } from '../../data/resource.ts';
import { Action } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { UserText } from '../../parts/text.tsx';

const PATH = '/v1/keys';

export function RevokeQuestion({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
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
