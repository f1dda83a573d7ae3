const EVENTS = [
  'batch.started',
  'batch.progress',
  'batch.completed',
  'batch.completed_with_errors',
  'batch.failed',
  'batch.cancelled',
  'webhook.delivery_exhausted',
  'webhook.endpoint_disabled',
];

type Props = { chosen: string[]; onChoose: (events: string[]) => void };

export function EventChoice({ chosen, onChoose }: Props) {
  return (
    <fieldset class="field plain">
      <legend>Events</legend>
      <p class="small muted">None chosen: the ends of batches, and what happens to other endpoints.</p>
      <div class="choices">
        {EVENTS.map((event) => (
          <label key={event} class="row small">
            <input
              type="checkbox"
              checked={chosen.includes(event)}
              onChange={({ currentTarget: { checked } }) =>
                onChoose(checked ? [...chosen, event] : chosen.filter((one) => one !== event))
              }
            />
            <code>{event}</code>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
