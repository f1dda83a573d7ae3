import { number } from '../data/format.ts';

export type Choice = { id: string; name: string; count?: number | string | undefined; label?: string };

/** Filters beside each other, one of them pressed. */
export function Chips(props: {
  label: string;
  choices: Choice[];
  chosen: string;
  onChoose: (id: string) => void;
  isHiddenOnPhones?: boolean;
}) {
  const { label, choices, chosen, onChoose, isHiddenOnPhones = false } = props;
  return (
    <div class={`chips ${isHiddenOnPhones ? 'hide-s' : ''}`} role="group" aria-label={label}>
      {choices.map(({ id, name, count, label: spoken }) => (
        <button
          key={id}
          type="button"
          class="chip"
          aria-pressed={id === chosen}
          aria-label={spoken}
          onClick={() => onChoose(id)}
        >
          {name}{' '}
          {count !== undefined && <span class="n">{typeof count === 'string' ? count : number(count)}</span>}
        </button>
      ))}
    </div>
  );
}
