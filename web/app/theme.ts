import { signal } from '@preact/signals';
import { stored, store } from './stored.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'theme';

export const theme = signal<Theme>(THEMES.find((name) => name === stored(KEY)) ?? 'system');

export function setTheme(next: Theme): void {
  theme.value = next;
  store(KEY, next === 'system' ? undefined : next);
  show(next);
}

/** Light becomes dark and the other way round; the key `t`. */
export function turnTheme(): void {
  setTheme(isDark() ? 'light' : 'dark');
}

function isDark(): boolean {
  if (theme.peek() !== 'system') return theme.peek() === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

function show(next: Theme): void {
  const { dataset } = document.documentElement;
  if (next === 'system') delete dataset['theme'];
  else dataset['theme'] = next;
}

show(theme.peek());
