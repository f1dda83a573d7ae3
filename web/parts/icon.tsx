/** A drawing of the sprite in index.html. */
export type IconName =
  | 'upload'
  | 'down'
  | 'list'
  | 'hook'
  | 'host'
  | 'retry'
  | 'stop'
  | 'warn'
  | 'bad'
  | 'ok'
  | 'find'
  | 'sun'
  | 'help'
  | 'key'
  | 'back'
  | 'next'
  | 'link'
  | 'pause'
  | 'copy'
  | 'moon'
  | 'half'
  | 'plus'
  | 'preset';

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="i" aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}

/** "→" as a drawing: the font of the page has no arrows. */
export function Arrow() {
  return (
    <>
      <span class="sr">to</span>
      <svg class="i small" aria-hidden="true">
        <use href="#i-to" />
      </svg>
    </>
  );
}
