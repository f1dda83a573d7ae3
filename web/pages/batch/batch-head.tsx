import { useState } from 'preact/hooks';
import { request } from '../../api/request.ts';
import type { Batch } from '../../api/types.ts';
import { may } from '../../app/session.ts';
import { navigate } from '../../app/router.ts';
import { say } from '../../app/say.ts';
import { put } from '../../data/resource.ts';
import { clock, count, number } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Action } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icon.tsx';
import { State } from '../../parts/state.tsx';
import { Moment, UserText } from '../../parts/text.tsx';
import { tabPath } from './tabs.tsx';

export function BatchHead({ batch }: { batch: Batch }) {
  const { id, name, state, preset, main_preset: main, products, started_at, created_at, ended_at } = batch;
  const [question, ask] = useState<'cancel' | 'delete'>();
  return (
    <>
      <nav class="crumb" aria-label="Where you are">
        <a href="/batches">Batches</a>
        <Icon name="next" />
        <span class="mono faint cut">{id}</span>
      </nav>
      <div class="head">
        <div class="grow">
          <h1 class="any">
            <UserText text={name} />
          </h1>
          <div class="sub small">
            <State state={state} /> · preset <b>{visible(preset)}</b>
            {main !== null && (
              <>
                {' '}
                (main picture <b>{visible(main)}</b>)
              </>
            )}{' '}
            · {count(products, 'product')} · {ended_at === null ? 'since ' : 'ended '}
            <Moment at={ended_at ?? started_at ?? created_at} />
          </div>
        </div>
        <div class="row acts">
          {may('write') && ended_at === null && (
            <button type="button" class="btn" onClick={() => ask('cancel')}>
              <Icon name="stop" />
              Cancel
            </button>
          )}
          {may('write') && ended_at !== null && (
            <button type="button" class="btn plain" onClick={() => ask('delete')}>
              Delete
            </button>
          )}
          <a class="btn" href={tabPath(id, 'results')} data-keep-scroll="">
            <Icon name="down" />
            Download
          </a>
        </div>
      </div>
      {question === 'cancel' && <CancelQuestion batch={batch} onClose={() => ask(undefined)} />}
      {question === 'delete' && <DeleteQuestion batch={batch} onClose={() => ask(undefined)} />}
    </>
  );
}

type QuestionProps = { batch: Batch; onClose: () => void };

function CancelQuestion({ batch, onClose }: QuestionProps) {
  const { completed, failed, pending, processing } = batch.counts;
  const path = `/v1/batches/${batch.id}`;
  async function cancel(): Promise<void> {
    put(path, { ...batch, ...(await request<Batch>(`${path}/cancel`, { method: 'POST' })) });
    say('Cancelled');
    onClose();
  }
  return (
    <Dialog title="Cancel this batch?" onClose={onClose}>
      <p class="gaptop">
        {count(pending + processing, 'image')} will not be made. What is done stays:{' '}
        {count(completed, 'image')} and {count(failed, 'failure')}, with their spreadsheet. A cancelled batch
        cannot go on.
      </p>
      <div class="row right gaptop2">
        <button type="button" class="btn" onClick={onClose}>
          Let it run
        </button>
        <Action kind="danger" icon="stop" busy="Cancelling …" act={cancel}>
          Cancel the batch
        </Action>
      </div>
    </Dialog>
  );
}

function DeleteQuestion({ batch, onClose }: QuestionProps) {
  async function remove(): Promise<void> {
    await request(`/v1/batches/${batch.id}`, { method: 'DELETE' });
    say('Deleted');
    navigate('/batches', { replace: true });
  }
  return (
    <Dialog title="Delete this batch?" onClose={onClose}>
      <p class="gaptop">
        Its {count(batch.counts.completed, 'image')} go, and their links stop working, unless another batch
        uses the same files. This cannot be undone.
      </p>
      <div class="row right gaptop2">
        <button type="button" class="btn" onClick={onClose}>
          Keep it
        </button>
        <Action kind="danger" busy="Deleting …" act={remove}>
          Delete it for good
        </Action>
      </div>
    </Dialog>
  );
}

/** What holds the batch up, and rows that were left out. */
export function Notes({ batch }: { batch: Batch }) {
  const { held = [], rejected_rows: rejected } = batch;
  const [first] = held;
  return (
    <>
      {first && batch.ended_at === null && (
        <div class="note warn gapb">
          <Icon name="pause" />
          <div class="grow">
            <b>
              <UserText text={first.host} /> pauses{first.until && ` until ${clock(first.until)}`}.
            </b>{' '}
            {count(first.images, 'image waits', 'images wait')} for it; the others go on.
            {held.length > 1 &&
              ` ${count(held.length - 1, 'other host pauses', 'other hosts pause')} too.`}{' '}
            It goes on by itself then. <a href={`/hosts?batch=${batch.id}`}>Hosts of this batch</a>
          </div>
        </div>
      )}
      {rejected > 0 && (
        <div class="note gapb">
          <Icon name="warn" />
          <div class="grow">
            {count(rejected, 'row of the file was', 'rows of the file were')} left out because of errors. They
            are in{' '}
            <a href={`/v1/batches/${batch.id}/failed.csv`} download>
              failed.csv
            </a>
            : {number(batch.row_error_count)} to correct.
          </div>
        </div>
      )}
    </>
  );
}
