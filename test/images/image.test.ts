import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import {
  type ImageState,
  PUBLIC_IMAGE_STATES,
  SHOWN_STATE,
  shownState,
  storedStates,
} from '../../src/images/image.ts';
import { newServices } from '../support/batches.ts';

test('SQL and code show the same state of an image, and a filter by it finds the states that are shown so', async () => {
  await using services = await newServices();
  const { rows } = await sql<{ state: ImageState; batch: string; shown: string }>`
    select i.state, b.state as batch, ${SHOWN_STATE} as shown
    from (values ('pending', null), ('queued', null), ('processing', null),
      ('completed', now()), ('failed', now()), ('cancelled', now())) as i (state, ended_at),
      (values ('processing'), ('completed_with_errors'), ('cancelled')) as b (state)`.execute(
    services.database.db,
  );
  assert.equal(rows.length, 18);
  for (const { state, batch, shown } of rows) {
    const isCancelled = batch === 'cancelled';
    assert.equal(shownState(state, { isCancelled }), shown, `${state} in a batch that is ${batch}`);
    for (const each of PUBLIC_IMAGE_STATES)
      assert.equal(storedStates(each, { isCancelled }).includes(state), each === shown);
  }
});
