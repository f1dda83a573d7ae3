import { Action } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { RenditionForm } from './rendition-form.tsx';
import type { EditedPreset } from './use-preset.ts';

const MOST_FILES = 20;

type Props = { preset: EditedPreset; isNew: boolean; canChange: boolean };

/** The settings of a preset, file by file. */
export function PresetForm({ preset, isNew, canChange }: Props) {
  const { renditions, problems, others, change } = preset;
  const rest = others.filter(({ at }) => at !== '/name');
  return (
    <form class="stack" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="plain stack" disabled={!canChange}>
        <legend class="sr">Preset</legend>
        <div class="card pad">
          {isNew && <NameField preset={preset} />}
          <label class="field">
            <span>Description</span>
            <input
              type="text"
              maxLength={500}
              value={preset.description}
              onInput={(event) => preset.setDescription(event.currentTarget.value)}
            />
          </label>
        </div>
        {renditions.map((rendition, i) => (
          <RenditionForm
            key={i}
            rendition={rendition}
            problems={problems.get(i) ?? {}}
            onChange={(next) => change(i, next)}
            onRemove={canChange && renditions.length > 1 ? () => change(i, undefined) : undefined}
          />
        ))}
      </fieldset>
      {rest.length > 0 && (
        <div class="note bad" role="alert">
          <Icon name="bad" />
          <ul class="grow plain">
            {rest.map(({ detail }) => (
              <li key={detail}>{detail}</li>
            ))}
          </ul>
        </div>
      )}
      {canChange && <FormEnd preset={preset} />}
    </form>
  );
}

function NameField({ preset: { name, setName, others } }: Pick<Props, 'preset'>) {
  const problem = others.find(({ at }) => at === '/name')?.detail;
  return (
    <label class="field">
      <span>Name</span>
      <input
        type="text"
        class="mono"
        placeholder="our-shop"
        aria-invalid={problem !== undefined}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      {problem === undefined ? (
        <small>Small letters, digits and hyphens.</small>
      ) : (
        <span class="tiny bad">{problem}</span>
      )}
    </label>
  );
}

function FormEnd({ preset: { name, renditions, add, save } }: Pick<Props, 'preset'>) {
  return (
    <div class="row">
      <button type="button" class="btn" disabled={renditions.length >= MOST_FILES} onClick={add}>
        <Icon name="plus" />
        Another file
      </button>
      <span class="grow" />
      <Action
        kind="primary"
        type="submit"
        busy="Saving …"
        unless={name === '' ? 'A preset needs a name' : undefined}
        act={save}
      >
        Save
      </Action>
    </div>
  );
}
