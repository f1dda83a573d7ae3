import type { Preset } from '../../api/types.ts';
import { visible } from '../../data/user-text.ts';

const FIX = /-fix$/;

type Props = { presets: Preset[]; chosen: string; onChoose: (name: string) => void };

/** What becomes of the picture at position 1 of each product, which marketplaces judge most strictly. */
export function MainChoice({ presets, chosen, onChoose }: Props) {
  const fixes = presets.filter(({ name, built_in }) => built_in && FIX.test(name));
  const own = presets.filter(({ built_in }) => !built_in);
  return (
    <label class="field gaptop">
      <span>Main picture</span>
      <select value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">as the others</option>
        {fixes.map(({ name }) => (
          <option key={name} value={name}>
            fit to {marketplaceOf(name)}
          </option>
        ))}
        {own.map(({ name }) => (
          <option key={name} value={name}>
            by {visible(name)}
          </option>
        ))}
      </select>
      {fixes.some(({ name }) => name === chosen) && (
        <small>
          The first picture of each product: the product is centred on white, as large as{' '}
          {marketplaceOf(chosen)} wants it. What cannot be done is told with the picture.
        </small>
      )}
    </label>
  );
}

/** `amazon-fix` as "Amazon" */
function marketplaceOf(preset: string): string {
  return preset.charAt(0).toUpperCase() + preset.slice(1).replace(FIX, '');
}
