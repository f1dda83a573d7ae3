import { request } from '../../api/request.ts';
import type { Preset } from '../../api/types.ts';
import { navigate, queryOf } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { reload } from '../../data/resource.ts';
import { Action } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { NotFound } from '../not-found.tsx';
import { PresetForm } from './preset-form.tsx';
import { PresetPreview } from './preset-preview.tsx';
import { usePreset } from './use-preset.ts';

/** A preset with a live preview on a picture. Built-in ones can be looked at, and be the begin of another one. */
export function PresetEditor({ name, presets }: { name: string; presets: Preset[] }) {
  const isNew = name === 'new';
  const known = presets.find((preset) => preset.name === name);
  const preset = usePreset(known, isNew ? presets.find((one) => one.name === queryOf('from')) : undefined);
  useTitle(isNew ? 'New preset' : name);
  if (!isNew && !known) return <NotFound />;
  const canChange = may('write') && !known?.built_in;
  async function remove(): Promise<void> {
    await request(`/v1/presets/${encodeURIComponent(name)}`, { method: 'DELETE' });
    await reload('/v1/presets');
    say('Removed. Batches that were accepted keep it');
    navigate('/presets', { replace: true });
  }
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
        {known && may('write') && (
          <a class="btn" href={`/presets/new?from=${name}`}>
            Make one like it
          </a>
        )}
        {known && canChange && (
          <Action kind="danger" busy="Removing …" act={remove}>
            Remove
          </Action>
        )}
      </PageHead>
      <div class="two wide">
        <PresetForm preset={preset} isNew={isNew} canChange={canChange} />
        <PresetPreview renditions={preset.renditions} onProblems={preset.setProblemsOf} />
      </div>
    </>
  );
}
