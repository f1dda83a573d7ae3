import { useState } from 'preact/hooks';
import { query } from '../../api/request.ts';
import type { Batch, List, Preset, Preview } from '../../api/types.ts';
import { chosenFile } from '../../app/file-drop.ts';
import { navigate } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { count, number, timeLeft } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { useResource } from '../../data/resource.ts';
import { Action } from '../../parts/button.tsx';
import type { Check, Options } from './check-model.ts';
import { estimate } from './estimate.ts';
import { MainChoice } from './main-choice.tsx';
import { PresetChoice } from './preset-choice.tsx';

const TEMPLATE = '{sku}-{position}-{rendition}.{ext}';

/** how many of the last batches may say how fast this server is */
const MEASURED = 20;

type Props = { check: Check; preview: Preview; presets: Preset[] };

/** What to make, under which name, and the one button that says all it does. */
export function CheckForm({ check, preview, presets }: Props) {
  const [options, setOptions] = useState<Options>({
    name: '',
    preset: 'web',
    mainPreset: '',
    callback: '',
    template: '',
    force: false,
  });
  const [trouble, setTrouble] = useState<string>();
  const batches = useResource<List<Batch>>(`/v1/batches${query({ limit: MEASURED })}`).data?.items;
  function change(changes: Partial<Options>): void {
    setOptions((before) => ({ ...before, ...changes }));
    setTrouble(undefined);
  }
  async function make(): Promise<void> {
    setTrouble(undefined);
    try {
      const made = await check.make(options);
      chosenFile.value = undefined;
      navigate(`/batches/${made.id}`);
    } catch (error) {
      setTrouble((error as Error).message);
    }
  }
  const reason = whyNot(check, preview);
  const preset = presets.find(({ name }) => name === options.preset);
  return (
    <form class="side" onSubmit={(event) => event.preventDefault()}>
      <PresetChoice presets={presets} chosen={options.preset} onChoose={(name) => change({ preset: name })}>
        <MainChoice
          presets={presets}
          chosen={options.mainPreset}
          onChoose={(mainPreset) => change({ mainPreset })}
        />
      </PresetChoice>
      <div class="card pad">
        <label class="field">
          <span>Name of the batch</span>
          <input
            type="text"
            maxLength={200}
            dir="auto"
            placeholder={visible(check.name.value)}
            value={options.name}
            onInput={(event) => change({ name: event.currentTarget.value })}
          />
        </label>
        <More options={options} onChange={change} />
      </div>
      <div>
        <Action kind="primary" isBig isWide busy="Starting …" unless={reason} act={make}>
          {buttonText(preview)}
        </Action>
        <p class={`tiny gaptop any ${trouble === undefined ? 'muted' : 'bad'}`} role="status">
          {reason ??
            (trouble && visible(trouble)) ??
            effectText(preview, options.mainPreset === '' ? preset : undefined, batches)}
        </p>
      </div>
    </form>
  );
}

function More({ options, onChange }: { options: Options; onChange: (changes: Partial<Options>) => void }) {
  return (
    <details class="more">
      <summary>Webhook and more</summary>
      <label class="field">
        <span>Tell this address when it ends</span>
        <input
          type="url"
          placeholder="https://shop.example/hooks/minilab"
          value={options.callback}
          onInput={(event) => onChange({ callback: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>File names</span>
        <input
          type="text"
          class="mono"
          placeholder={TEMPLATE}
          value={options.template}
          onInput={(event) => onChange({ template: event.currentTarget.value })}
        />
      </label>
      <label class="row small">
        <input
          type="checkbox"
          checked={options.force}
          onChange={(event) => onChange({ force: event.currentTarget.checked })}
        />
        <span class="grow">Make everything again, also what has not changed</span>
      </label>
    </details>
  );
}

/** Why the button cannot be used; undefined if it can. */
function whyNot(check: Check, preview: Preview): string | undefined {
  const { images, rows, bad_rows: bad } = preview;
  if (!may('write')) return 'This key may look, but not make batches.';
  if (!check.mapping.hasImages(preview))
    return 'No column holds image links yet: choose one in the header of the table.';
  if (check.isReading.value) return 'The file is being checked.';
  if (!check.upload.value)
    return check.sent.value === undefined
      ? 'The file has not been sent whole.'
      : 'The file is still on its way.';
  if (rows === bad) return 'No row can be used.';
  return images === 0 ? 'There is no image link in the file.' : undefined;
}

function buttonText({ usable_images: images, bad_rows: bad }: Preview): string {
  const what = `Make ${count(images, 'image')}`;
  if (bad === 0) return what;
  return `${what}, without ${bad === 1 ? 'that row' : `the ${number(bad)} rows`}`;
}

function effectText(
  { rows, bad_rows: bad, usable_images: images }: Preview,
  preset: Preset | undefined,
  batches: Batch[] = [],
): string {
  const files = preset ? `, ${count(preset.renditions.length, 'file')} each` : '';
  const seconds = preset && estimate(batches, preset.name, images);
  const time = seconds ? ` About ${timeLeft(seconds)} at the speed of your last batch with this preset.` : '';
  return `From ${count(rows - bad, 'product')}${files}.${time}`;
}
