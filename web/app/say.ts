import { signal } from '@preact/signals';

/** What has been done, said for some seconds at the foot of the page. */
export const toast = signal<string | undefined>(undefined);
/** For screen readers only: start, every quarter, first failure, end. */
export const announcement = signal('');

const SHOWN_MS = 4_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  toast.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => (toast.value = undefined), SHOWN_MS);
}

export function announce(text: string): void {
  announcement.value = text;
}
