import { useState } from 'preact/hooks';
import { request } from '../../api/request.ts';
import type { Host } from '../../api/types.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { clock } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Dialog, DialogEnd } from '../../parts/dialog.tsx';

type Props = { host: Host; onClose: () => void; onSaved: () => unknown };
type Pause = 'keep' | 'none' | '15' | '60' | '1440';

const PAUSES: [Pause, string][] = [
  ['none', 'No pause'],
  ['15', 'For 15 minutes'],
  ['60', 'For an hour'],
  ['1440', 'For a day'],
];
const MINUTE_MS = 60_000;

/** What an operator sets for a host: a limit, a pause, secret headers. */
export function HostForm({ host, onClose, onSaved }: Props) {
  const isHeld = host.held_until !== null;
  const [ceiling, setCeiling] = useState(String(host.ceiling));
  const [pause, setPause] = useState<Pause>('keep');
  const [headers, setHeaders] = useState<string>();
  const [problem, setProblem] = useState('');
  async function save(): Promise<void> {
    setProblem('');
    try {
      const json = {
        ...(Number(ceiling) !== host.ceiling && { ceiling: ceiling === '' ? null : Number(ceiling) }),
        ...(pause !== 'keep' && { held_until: untilOf(pause) }),
        ...(headers !== undefined && { headers: readHeaders(headers) }),
      };
      await request(`/v1/hosts/${encodeURIComponent(host.host)}`, { method: 'PUT', json });
      await onSaved();
      say(`Saved for ${host.host}`);
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
    }
  }
  return (
    <Dialog title={visible(host.host)} onClose={onClose}>
      <form class="gaptop" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          <span>Downloads at once, at most</span>
          <input
            type="number"
            min={1}
            max={1024}
            value={ceiling}
            onInput={(event) => setCeiling(event.currentTarget.value)}
          />
          <small>
            Empty: as the server is set up. Minilab stays below it by itself where the host is slow.
          </small>
        </label>
        <label class="field">
          <span>Pause</span>
          <select value={pause} onChange={(event) => setPause(event.currentTarget.value as Pause)}>
            <option value="keep">
              {isHeld ? `As it is: until ${clock(host.held_until ?? '')}` : 'As it is: none'}
            </option>
            {PAUSES.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {may('admin') && <HeadersField host={host} value={headers} onChange={setHeaders} />}
        <p class="small bad" role="alert">
          {problem}
        </p>
        <DialogEnd onClose={onClose} busy="Saving …" act={save}>
          Save
        </DialogEnd>
      </form>
    </Dialog>
  );
}

type HeadersProps = { host: Host; value: string | undefined; onChange: (text: string | undefined) => void };

function HeadersField({ host, value, onChange }: HeadersProps) {
  const known =
    host.headers.length > 0
      ? `Set: ${host.headers.join(', ')}. Their values are never shown.`
      : 'None are set.';
  if (value === undefined)
    return (
      <div class="field">
        <span>Secret headers</span>
        <p class="small muted">{known}</p>
        <button type="button" class="btn gaptop" onClick={() => onChange('')}>
          {host.headers.length > 0 ? 'Replace them' : 'Set some'}
        </button>
      </div>
    );
  return (
    <label class="field">
      <span>Secret headers, one a line</span>
      <textarea
        class="mono"
        rows={3}
        placeholder="Authorization: Bearer …"
        spellcheck={false}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <small>{known} What stands here replaces all of them. An empty field removes them.</small>
    </label>
  );
}

function untilOf(pause: Exclude<Pause, 'keep'>): string | null {
  return pause === 'none' ? null : new Date(Date.now() + Number(pause) * MINUTE_MS).toISOString();
}

/** @throws Error for a line that is not a header */
function readHeaders(text: string): Record<string, string> | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return null;
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      if (at < 1) throw new Error(`"${line}" is not a header: it has no colon.`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}
