import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Preset } from '../../api/types.ts';
import { count } from '../../data/format.ts';
import { PresetDrawing } from '../../parts/preset-drawing.tsx';

/** Shown first; one's own come before the others of the rest. */
const FIRST = ['web', 'web-modern', 'amazon', 'half-quality'];

type Props = {
  presets: Preset[];
  chosen: string;
  onChoose: (name: string) => void;
  children: ComponentChildren;
};

/** Presets as drawings. */
export function PresetChoice({ presets, chosen, onChoose, children }: Props) {
  const [isOpen, open] = useState(false);
  const own = presets.filter(({ built_in }) => !built_in);
  const first = presets
    .filter(({ name }) => FIRST.includes(name))
    .toSorted((a, b) => FIRST.indexOf(a.name) - FIRST.indexOf(b.name));
  const rest = presets.filter(({ name, built_in }) => built_in && !FIRST.includes(name));
  const shown = [...own, ...first, ...(isOpen ? rest : rest.filter(({ name }) => name === chosen))];
  return (
    <fieldset class="card pad">
      <legend class="h2">What to make</legend>
      <div class="presets">
        {shown.map(({ name, description, renditions }) => (
          <label key={name} class="preset">
            <input
              type="radio"
              name="preset"
              value={name}
              checked={name === chosen}
              onChange={() => onChoose(name)}
            />
            <PresetDrawing renditions={renditions} />
            <span>
              <b>{name}</b>
              <span dir="auto">{description}</span>
            </span>
          </label>
        ))}
      </div>
      <p class="small gaptop">
        {!isOpen && rest.length > 0 && (
          <>
            <button type="button" class="link" onClick={() => open(true)}>
              {count(rest.length, 'more', 'more')}
            </button>{' '}
            ·{' '}
          </>
        )}
        <a href="/presets">Your own</a>
      </p>
      {children}
    </fieldset>
  );
}
