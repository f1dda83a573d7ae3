import type { ComponentChildren } from 'preact';
import type { RenditionSpec } from '../../api/types.ts';

type Props = {
  rendition: RenditionSpec;
  onChange: (next: RenditionSpec) => void;
  onRemove: (() => void) | undefined;
};

const FITS: Record<RenditionSpec['fit'], string> = {
  inside: 'whole image, within the box',
  contain: 'whole image, box filled up',
  cover: 'box filled, the rest cut off',
};
const FORMATS: Record<RenditionSpec['format'], string> = {
  jpeg: 'JPEG',
  mozjpeg: 'JPEG, smaller and slower',
  webp: 'WebP',
  avif: 'AVIF',
  png: 'PNG',
};
const FLAGS = {
  trim: 'Cut off a border of one colour',
  sharpen: 'Sharpen a little',
  animated: 'Keep animations (WebP)',
  keep_credit: 'Keep copyright and credit',
} as const;

/** One file of a preset. */
export function RenditionForm({ rendition, onChange, onRemove }: Props) {
  const set = (changes: Partial<RenditionSpec>): void => onChange({ ...rendition, ...changes });
  return (
    <fieldset class="card pad rendition">
      <legend class="h3">File {rendition.name}</legend>
      <div class="fields">
        <Field name="Name">
          <input
            type="text"
            class="mono"
            value={rendition.name}
            onInput={(event) => set({ name: event.currentTarget.value })}
          />
        </Field>
        <Field name="Format">
          <select
            value={rendition.format}
            onChange={(event) => set(formatChange(event.currentTarget.value as RenditionSpec['format']))}
          >
            {Object.entries(FORMATS).map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        <NumberField
          name="Width"
          value={rendition.width}
          most={16_384}
          onChange={(width) => set({ width })}
        />
        <NumberField
          name="Height"
          value={rendition.height}
          most={16_384}
          onChange={(height) => set({ height })}
        />
        <Field name="Fit">
          <select
            value={rendition.fit}
            onChange={(event) => set({ fit: event.currentTarget.value as RenditionSpec['fit'] })}
          >
            {Object.entries(FITS).map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        {rendition.format !== 'png' && (
          <NumberField
            name="Quality"
            value={rendition.quality}
            most={100}
            onChange={(quality) => set({ quality })}
          />
        )}
        <Field name="Background">
          <input
            type="text"
            class="mono"
            value={rendition.background}
            onInput={(event) => set({ background: event.currentTarget.value })}
          />
        </Field>
        <NumberField
          name="Bytes, at most"
          value={rendition.max_bytes}
          most={1e9}
          onChange={(max_bytes) => set({ max_bytes })}
        />
      </div>
      <div class="choices">
        {Object.entries(FLAGS).map(([flag, text]) => (
          <label key={flag} class="row small">
            <input
              type="checkbox"
              checked={rendition[flag as keyof typeof FLAGS]}
              onChange={(event) => set({ [flag]: event.currentTarget.checked })}
            />
            {text}
          </label>
        ))}
      </div>
      {onRemove && (
        <button type="button" class="link small gaptop" onClick={onRemove}>
          Leave out this file
        </button>
      )}
    </fieldset>
  );
}

/** The quality that is usual for a format; PNG has none. */
function formatChange(format: RenditionSpec['format']): Partial<RenditionSpec> {
  if (format === 'png') return { format, quality: null };
  return { format, quality: format === 'avif' ? 50 : 80 };
}

function Field({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{name}</span>
      {children}
    </label>
  );
}

type NumberProps = {
  name: string;
  value: number | null;
  most: number;
  onChange: (value: number | null) => void;
};

function NumberField({ name, value, most, onChange }: NumberProps) {
  return (
    <Field name={name}>
      <input
        type="number"
        min={1}
        max={most}
        placeholder="no limit"
        value={value ?? ''}
        onInput={({ currentTarget: { value: text } }) => onChange(text === '' ? null : Number(text))}
      />
    </Field>
  );
}
