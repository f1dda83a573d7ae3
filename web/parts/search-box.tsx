import { useRef } from 'preact/hooks';
import { useKeys } from '../app/shortcuts.ts';
import { Icon } from './icon.tsx';

type Props = { label: string; value?: string; onSearch: (text: string) => void; isLive?: boolean };

const PAUSE_MS = 250;

/** The search of a page; `/` leads to it. @param isLive searches while one types, else on Enter */
export function SearchBox({ label, value = '', onSearch, isLive = false }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useKeys({
    '/': () => {
      field.current?.focus();
      field.current?.select();
    },
  });
  function later(text: string): void {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(text), PAUSE_MS);
  }
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        clearTimeout(timer.current);
        onSearch(field.current?.value.trim() ?? '');
      }}
    >
      <Icon name="find" />
      <input
        ref={field}
        type="search"
        aria-label={label}
        placeholder={label}
        defaultValue={value}
        onInput={(event) => isLive && later(event.currentTarget.value.trim())}
      />
    </form>
  );
}
