import { useState } from 'preact/hooks';
import { request } from '../../api/request.ts';
import type { ApiKey, Scope } from '../../api/types.ts';
import { Dialog, DialogEnd } from '../../parts/dialog.tsx';

const DAY_MS = 86_400_000;

export function KeyForm({ onClose, onMade }: { onClose: () => void; onMade: (key: ApiKey) => void }) {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>('write');
  const [days, setDays] = useState('');
  const [problem, setProblem] = useState('');
  async function make(): Promise<void> {
    setProblem('');
    try {
      const expires =
        days === '' ? {} : { expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() };
      onMade(await request<ApiKey>('/v1/keys', { method: 'POST', json: { name, scope, ...expires } }));
    } catch (error) {
      setProblem((error as Error).message);
    }
  }
  return (
    <Dialog title="New key" onClose={onClose}>
      <form class="gaptop" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          <span>Name</span>
          <input
            type="text"
            required
            maxLength={100}
            placeholder="Shop team"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>May</span>
          <select value={scope} onChange={(event) => setScope(event.currentTarget.value as Scope)}>
            <option value="read">look</option>
            <option value="write">look and change</option>
            <option value="admin">everything, also keys</option>
          </select>
        </label>
        <label class="field">
          <span>Expires</span>
          <select value={days} onChange={(event) => setDays(event.currentTarget.value)}>
            <option value="">never</option>
            <option value="30">in 30 days</option>
            <option value="90">in 90 days</option>
            <option value="365">in a year</option>
          </select>
        </label>
        <p class="small bad" role="alert">
          {problem}
        </p>
        <DialogEnd
          onClose={onClose}
          busy="Making …"
          unless={name.trim() === '' ? 'A key needs a name' : undefined}
          act={make}
        >
          Make the key
        </DialogEnd>
      </form>
    </Dialog>
  );
}
