import { useState } from 'preact/hooks';
import { request } from '../../api/request.ts';
import type { Endpoint } from '../../api/types.ts';
import { say } from '../../app/say.ts';
import { Action } from '../../parts/button.tsx';
import { Dialog, DialogEnd } from '../../parts/dialog.tsx';
import { EventChoice } from './event-choice.tsx';

type Props = { endpoint: Endpoint | undefined; onClose: () => void; onSaved: (endpoint: Endpoint) => void };

/** Adds an endpoint, or changes one: address, events, secret. */
export function EndpointForm({ endpoint, onClose, onSaved }: Props) {
  const [url, setUrl] = useState(endpoint?.url ?? '');
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [events, setEvents] = useState(endpoint?.event_types ?? []);
  const [problem, setProblem] = useState('');
  const path = endpoint ? `/v1/webhooks/${endpoint.id}` : '/v1/webhooks';
  /** Runs a change, and shows in the form why it was refused. */
  const attempt = (change: () => Promise<void>) => async (): Promise<void> => {
    setProblem('');
    await change().catch((error: Error) => setProblem(error.message));
  };
  const save = attempt(async () => {
    const json = { url, description, event_types: events };
    onSaved(await request<Endpoint>(path, { method: endpoint ? 'PATCH' : 'POST', json }));
    say('Saved');
  });
  return (
    <Dialog title={endpoint ? 'Edit the endpoint' : 'Add an endpoint'} onClose={onClose}>
      <form class="gaptop" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          <span>Address</span>
          <input
            type="url"
            required
            placeholder="https://shop.example/hooks/minilab"
            value={url}
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Description, for people</span>
          <input
            type="text"
            maxLength={500}
            value={description}
            onInput={(event) => setDescription(event.currentTarget.value)}
          />
        </label>
        <EventChoice chosen={events} onChoose={setEvents} />
        <p class="small bad" role="alert">
          {problem}
        </p>
        {endpoint && <Changes endpoint={endpoint} path={path} attempt={attempt} onSaved={onSaved} />}
        <DialogEnd
          onClose={onClose}
          busy="Saving …"
          unless={url === '' ? 'An endpoint needs an address' : undefined}
          act={save}
        >
          Save
        </DialogEnd>
      </form>
    </Dialog>
  );
}

type ChangesProps = {
  endpoint: Endpoint;
  path: string;
  attempt: (change: () => Promise<void>) => () => Promise<void>;
  onSaved: (endpoint: Endpoint) => void;
};

/** What is done at once, whatever stands in the form. */
function Changes({ endpoint, path, attempt, onSaved }: ChangesProps) {
  const [isAsking, ask] = useState(false);
  const rotate = attempt(async () => {
    onSaved(await request<Endpoint>(`${path}/rotate-secret`, { method: 'POST' }));
    say('A new secret. The old one signs along for 24 hours');
  });
  const disable = attempt(async () => {
    onSaved(await request<Endpoint>(path, { method: 'PATCH', json: { disabled: true } }));
    say('It gets no more messages');
  });
  const remove = attempt(async () => {
    await request(path, { method: 'DELETE' });
    onSaved({ ...endpoint, secret: null });
    say('Deleted, with its deliveries');
  });
  return (
    <>
      <div class="row gapb">
        <Action act={rotate} busy="Making …">
          New secret
        </Action>
        {!endpoint.disabled && (
          <Action act={disable} busy="Disabling …">
            Disable
          </Action>
        )}
        {isAsking ? (
          <Action kind="danger" act={remove} busy="Deleting …">
            Delete it for good
          </Action>
        ) : (
          <button type="button" class="btn danger" onClick={() => ask(true)}>
            Delete
          </button>
        )}
      </div>
      <p class="small muted" role="status">
        {isAsking && 'The log of its messages goes too. This cannot be undone.'}
      </p>
    </>
  );
}
