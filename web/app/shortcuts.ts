import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { store, stored } from './stored.ts';

type Handlers = Record<string, (event: KeyboardEvent) => void>;

/** Single letters can be switched off (WCAG 2.1.4). */
export const lettersWork = signal(stored('letters') !== 'off');
export function setLetters(on: boolean): void {
  lettersWork.value = on;
  store('letters', on ? undefined : 'off');
}

/** The keys of what is shown; the last that was shown comes first. */
const layers: Handlers[] = [];

/** Keys that work while a component is shown, from its first frame on: an effect would run after it. */
export function useKeys(handlers: Handlers): void {
  const current = useRef(handlers);
  current.current = handlers;
  useLayoutEffect(() => {
    const layer: Handlers = new Proxy({}, { get: (_, key) => current.current[String(key)] });
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, []);
}

const FIELDS = 'input:not([type=range], [type=checkbox], [type=radio]), select, textarea, [contenteditable]';

export function startShortcuts(): void {
  addEventListener('keydown', (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]')) return;
    const isInField = event.target instanceof Element && event.target.matches(FIELDS);
    if (isInField || (event.key.length === 1 && !lettersWork.peek())) return;
    const handler = layers
      .toReversed()
      .map((layer) => layer[event.key])
      .find(Boolean);
    if (!handler) return;
    event.preventDefault();
    handler(event);
  });
}
