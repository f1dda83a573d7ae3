import { fullTime, when } from '../data/format.ts';
import { isWebAddress, visible } from '../data/user-text.ts';

/** A text of a user: in its own direction, with hidden characters made visible. */
export function UserText({ text }: { text: string }) {
  return <bdi dir="auto">{visible(text)}</bdi>;
}

/** A moment: short, and in full on hover. */
export function Moment({ at, show = when }: { at: string; show?: (at: string) => string }) {
  return (
    <time dateTime={at} title={fullTime(at)}>
      {show(at)}
    </time>
  );
}

/** An address of a user, whole; a link only where a browser would fetch it. */
export function Address({ url }: { url: string }) {
  if (!isWebAddress(url)) return <span class="mono any">{visible(url)}</span>;
  return (
    <a class="mono any" href={url} target="_blank" rel="noreferrer noopener" dir="ltr">
      {visible(url)}
    </a>
  );
}
