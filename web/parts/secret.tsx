import type { ComponentChildren } from 'preact';
import { Copy } from './button.tsx';
import { Icon } from './icon.tsx';

type Props = { secret: string; onDone: () => void; children: ComponentChildren };

/** A secret that is shown once. */
export function SecretShown({ secret, onDone, children }: Props) {
  return (
    <div class="note ok gapb" role="status">
      <Icon name="key" />
      <div class="grow">
        <b>{children}</b>
        <p class="mono any gaptop">{secret}</p>
      </div>
      <Copy text={secret}>Copy</Copy>
      <button type="button" class="btn plain" onClick={onDone}>
        Done
      </button>
    </div>
  );
}
