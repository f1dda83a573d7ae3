import type { ComponentChildren } from 'preact';
import type { RenditionSpec } from '../../api/types.ts';
import type { FieldProblems } from './field-problems.ts';

type Props = {
  rendition: RenditionSpec;
  problems: FieldProblems;
  onChange: (next: RenditionSpec) => void;
  onRemove: (() => void) | undefined;
};

const FITS: Record<RenditionSpec['fit'], string> = {
  inside: 'whole image, within the box',
  contain: 'whole image, box filled up',
  cover: 'box filled, the rest cut off',
  object: 'product centred on its background',
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

type FieldProps = {
  field: 'name' | 'format' | 'width' | 'height' | 'fit' | 'quality' | 'background' | 'max_bytes';
  label: string;
  part: Pick<Props, 'rendition' | 'problems'> & { set: (changes: Partial<RenditionSpec>) => void };
};

/** One file of a preset. What is wrong stands at its field. */
export function RenditionForm({ rendition, problems, onChange, onRemove }: Props) {
  const set = (changes: Partial<RenditionSpec>): void => onChange({ ...rendition, ...changes });
  const part = { rendition, problems, set };
  return (
    <fieldset class="card pad rendition">
      <legend class="h3">File {rendition.name}</legend>
      <div class="fields">
        <TextField field="name" label="Name" part={part} />
        <ChoiceField
          field="format"
          label="Format"
          part={part}
          choices={FORMATS}
          changeOf={(format) => formatChange(format as RenditionSpec['format'])}
        />
        <NumberField field="width" label="Width" part={part} />
        <NumberField field="height" label="Height" part={part} />
        <ChoiceField
          field="fit"
          label="Fit"
          part={part}
          choices={FITS}
          changeOf={(fit) => fitChange(fit as RenditionSpec['fit'])}
        />
        {rendition.format !== 'png' && <NumberField field="quality" label="Quality" part={part} />}
        <TextField field="background" label="Background" part={part} />
        <NumberField field="max_bytes" label="Bytes, at most" part={part} />
      </div>
      <Flags {...part} />
      <p class="small bad">{problems['']}</p>
      {onRemove && (
        <button type="button" class="link small gaptop" onClick={onRemove}>
          Leave out this file<span class="sr"> {rendition.name}</span>
        </button>
      )}
    </fieldset>
  );
}

function Flags({ rendition, problems, set }: FieldProps['part']) {
  return (
    <div class="choices">
      {Object.entries(FLAGS).map(([flag, text]) => (
        <label key={flag} class="row small">
          <input
            type="checkbox"
            checked={rendition[flag as keyof typeof FLAGS]}
            onChange={(event) => set({ [flag]: event.currentTarget.checked })}
          />
          <span class="grow">
            {text} <span class="bad">{problems[flag as keyof typeof FLAGS]}</span>
          </span>
        </label>
      ))}
    </div>
  );
}

/** Another fit has none of the settings that only the one before had. */
function fitChange(fit: RenditionSpec['fit']): Partial<RenditionSpec> {
  return { fit, ...SETTINGS_OF_FITS };
}

const SETTINGS_OF_FITS = {
  position: undefined,
  fill: undefined,
  enlarge: undefined,
  min_width: undefined,
  whiten: undefined,
  on_unmet: undefined,
};

/** The quality that is usual for a format; PNG has none. */
function formatChange(format: RenditionSpec['format']): Partial<RenditionSpec> {
  if (format === 'png') return { format, quality: null };
  return { format, quality: format === 'avif' ? 50 : 80 };
}

function Field({ field, label, part, children }: FieldProps & { children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      <span class="tiny bad">{part.problems[field]}</span>
    </label>
  );
}

const isWrong = ({ field, part }: FieldProps): boolean => part.problems[field] !== undefined;

function TextField(props: FieldProps) {
  const { field, part } = props;
  return (
    <Field {...props}>
      <input
        type="text"
        class="mono"
        aria-invalid={isWrong(props)}
        value={String(part.rendition[field])}
        onInput={({ currentTarget: { value } }) => part.set({ [field]: value })}
      />
    </Field>
  );
}

type ChoiceProps = FieldProps & {
  choices: Record<string, string>;
  changeOf?: (value: string) => Partial<RenditionSpec>;
};

function ChoiceField({ choices, changeOf, ...props }: ChoiceProps) {
  const { field, part } = props;
  return (
    <Field {...props}>
      <select
        aria-invalid={isWrong(props)}
        value={String(part.rendition[field])}
        onChange={({ currentTarget: { value } }) => part.set(changeOf?.(value) ?? { [field]: value })}
      >
        {Object.entries(choices).map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** Its limits are the server's, which says them where a number is none. */
function NumberField(props: FieldProps) {
  const { field, part } = props;
  return (
    <Field {...props}>
      <input
        type="number"
        placeholder="no limit"
        aria-invalid={isWrong(props)}
        value={part.rendition[field] ?? ''}
        onInput={({ currentTarget: { value } }) => part.set({ [field]: value === '' ? null : Number(value) })}
      />
    </Field>
  );
}
