import { useState } from 'preact/hooks';
import { ApiProblem } from '../../api/problem.ts';
import { request } from '../../api/request.ts';
import type { Preset, RenditionSpec } from '../../api/types.ts';
import { navigate } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { reload } from '../../data/resource.ts';
import { Action } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { NotFound } from '../not-found.tsx';
import { PresetPreview } from './preset-preview.tsx';
import { RenditionForm } from './rendition-form.tsx';

const NEW_FILE: RenditionSpec = {
  name: 'full',
  fit: 'inside',
  width: 1600,
  height: 1600,
  format: 'jpeg',
  quality: 80,
  background: '#ffffff',
  max_bytes: null,
  trim: false,
  sharpen: false,
  animated: false,
  keep_credit: false,
};
const MOST_FILES = 20;

/** A preset with a live preview on a picture. Built-in ones can be looked at, and copied. */
export function PresetEditor({ name, presets }: { name: string; presets: Preset[] }) {
  const isNew = name === 'new';
  const known = presets.find((preset) => preset.name === name);
  const [newName, setNewName] = useState('');
  const [description, setDescription] = useState(known?.description ?? '');
  const [renditions, setRenditions] = useState(known?.renditions ?? [NEW_FILE]);
  const [problems, setProblems] = useState<string[]>([]);
  useTitle(isNew ? 'New preset' : name);
  if (!isNew && !known) return <NotFound />;
  const canChange = may('write') && !known?.built_in;
  const savedName = isNew ? newName : name;
  async function save(): Promise<void> {
    setProblems([]);
    try {
      const json = { description, renditions: renditions.map(withoutNulls) };
      await request(`/v1/presets/${encodeURIComponent(savedName)}`, { method: 'PUT', json });
      await reload('/v1/presets');
      say('Saved');
      if (isNew) navigate(`/presets/${savedName}`, { replace: true });
    } catch (error) {
      setProblems(sentencesOf(error as Error));
    }
  }
  async function remove(): Promise<void> {
    await request(`/v1/presets/${encodeURIComponent(name)}`, { method: 'DELETE' });
    await reload('/v1/presets');
    say('Removed. Batches that were accepted keep it');
    navigate('/presets', { replace: true });
  }
  const change = (index: number, next: RenditionSpec | undefined): void =>
    setRenditions((before) => before.flatMap((one, i) => (i === index ? (next ?? []) : one)));
  return (
    <>
      <nav class="crumb" aria-label="Where you are">
        <a href="/presets">Presets</a>
        <Icon name="next" />
        <span>{isNew ? 'new' : name}</span>
      </nav>
      <PageHead
        title={isNew ? 'New preset' : name}
        sub={
          known?.built_in
            ? 'Built in: it cannot be changed.'
            : !may('write')
              ? 'This key may look, but not change presets.'
              : undefined
        }
      >
        {known && canChange && (
          <Action kind="danger" busy="Removing …" act={remove}>
            Remove
          </Action>
        )}
      </PageHead>
      <div class="two wide">
        <form class="stack" onSubmit={(event) => event.preventDefault()}>
          <fieldset class="plain stack" disabled={!canChange}>
            <legend class="sr">Preset</legend>
            <div class="card pad">
              {isNew && (
                <label class="field">
                  <span>Name</span>
                  <input
                    type="text"
                    class="mono"
                    pattern="[a-z][a-z0-9\-]{0,63}"
                    placeholder="our-shop"
                    value={newName}
                    onInput={(event) => setNewName(event.currentTarget.value)}
                  />
                  <small>Small letters, digits and hyphens.</small>
                </label>
              )}
              <label class="field">
                <span>Description</span>
                <input
                  type="text"
                  maxLength={500}
                  value={description}
                  onInput={(event) => setDescription(event.currentTarget.value)}
                />
              </label>
            </div>
            {renditions.map((rendition, i) => (
              <RenditionForm
                key={i}
                rendition={rendition}
                onChange={(next) => change(i, next)}
                onRemove={renditions.length > 1 ? () => change(i, undefined) : undefined}
              />
            ))}
          </fieldset>
          {problems.length > 0 && (
            <div class="note bad" role="alert">
              <Icon name="bad" />
              <ul class="grow plain">
                {problems.map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            </div>
          )}
          {canChange && (
            <div class="row">
              <button
                type="button"
                class="btn"
                disabled={renditions.length >= MOST_FILES}
                onClick={() =>
                  setRenditions([...renditions, { ...NEW_FILE, name: `file-${renditions.length + 1}` }])
                }
              >
                <Icon name="plus" />
                Another file
              </button>
              <span class="grow" />
              <Action
                kind="primary"
                type="submit"
                busy="Saving …"
                unless={savedName === '' ? 'A preset needs a name' : undefined}
                act={save}
              >
                Save
              </Action>
            </div>
          )}
        </form>
        <PresetPreview renditions={renditions} />
      </div>
    </>
  );
}

/** Null is how the API shows "no limit"; it wants such settings left out. */
function withoutNulls(rendition: RenditionSpec): Partial<RenditionSpec> {
  return Object.fromEntries(
    Object.entries(rendition).filter(([, value]) => value !== null && value !== false),
  );
}

function sentencesOf(error: Error): string[] {
  const listed = error instanceof ApiProblem ? (error.body.errors ?? []) : [];
  return listed.length === 0 ? [error.message] : listed.map(({ detail }) => detail);
}
