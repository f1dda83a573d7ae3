import type { List, Preset } from '../../api/types.ts';
import { may } from '../../app/session.ts';
import { reload, useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { PresetDrawing, specText } from '../../parts/preset-drawing.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { PresetEditor } from './preset-editor.tsx';

const PATH = '/v1/presets';

/** Presets: the list, and one to look at, make or change. */
export function PresetsPage({ name }: { name: string | undefined }) {
  const known = useResource<List<Preset>>(PATH);
  return (
    <Loaded known={known} heading="Presets" waiting={<Lines count={6} />} onRetry={() => reload(PATH)}>
      {({ items }) =>
        name === undefined ? (
          <PresetList presets={items} />
        ) : (
          <PresetEditor key={name} name={name} presets={items} />
        )
      }
    </Loaded>
  );
}

function PresetList({ presets }: { presets: Preset[] }) {
  useTitle('Presets');
  const own = presets.filter(({ built_in }) => !built_in);
  return (
    <>
      <PageHead title="Presets" sub="Which files are made of each image: their sizes, formats and quality.">
        {may('write') && (
          <a class="btn primary" href="/presets/new">
            New preset
          </a>
        )}
      </PageHead>
      {own.length > 0 && <Section title="Your own" presets={own} />}
      <Section title="Built in" presets={presets.filter(({ built_in }) => built_in)} />
    </>
  );
}

function Section({ title, presets }: { title: string; presets: Preset[] }) {
  return (
    <section aria-label={title}>
      <div class="sect">
        <h2>{title}</h2>
      </div>
      <ul class="presetlist">
        {presets.map(({ name, description, renditions }) => (
          <li key={name}>
            <a class="preset card" href={`/presets/${name}`}>
              <PresetDrawing renditions={renditions} />
              <span>
                <b>{name}</b>
                <span dir="auto">{visible(description)}</span>
                {renditions.map((rendition) => (
                  <span key={rendition.name} class="tiny">
                    {rendition.name}: {specText(rendition)}
                  </span>
                ))}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
