import { effect } from '@preact/signals';
import { here, scrollTarget } from './router.ts';

const GIVE_UP_MS = 3_000;

/** Scrolls to where the address was left, as soon as the page is tall enough for it, unless somebody scrolls meanwhile. */
export function startScrolling(): void {
  let stop = (): void => {};
  effect(() => {
    void here.value;
    const target = scrollTarget.value;
    stop();
    if (target !== undefined) stop = scrollWhenTall(target);
  });
}

function scrollWhenTall(target: number): () => void {
  const observer = new ResizeObserver(attempt);
  const timer = setTimeout(end, GIVE_UP_MS);
  function end(): void {
    observer.disconnect();
    clearTimeout(timer);
    for (const kind of ['wheel', 'touchmove', 'keydown']) removeEventListener(kind, end);
    if (scrollTarget.peek() === target) scrollTarget.value = undefined;
  }
  function attempt(): void {
    const isTall = document.documentElement.scrollHeight - innerHeight >= target;
    if (isTall) scrollTo({ top: target, behavior: 'instant' });
    if (isTall) end();
  }
  for (const kind of ['wheel', 'touchmove', 'keydown']) addEventListener(kind, end, { passive: true });
  observer.observe(document.body);
  if (target === 0) scrollTo({ top: 0, behavior: 'instant' });
  return end;
}
