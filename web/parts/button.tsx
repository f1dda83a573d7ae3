import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { connection } from '../app/connection.ts';
import { say } from '../app/say.ts';
import { Icon, type IconName } from './icon.tsx';

type ActionProps = {
  icon?: IconName;
  kind?: 'primary' | 'plain' | 'danger';
  isBig?: boolean;
  isWide?: boolean;
  /** while it works, such as "Trying 16 again …" */
  busy?: string;
  /** why it cannot be used; shown as its title and said to screen readers */
  unless?: string | undefined;
  label?: string;
  type?: 'button' | 'submit';
  act?: () => unknown;
  children?: ComponentChildren;
};

/** Runs an action and says where it failed. @returns whether it is running, and how to start it */
function useAction(act: (() => unknown) | undefined): [boolean, () => Promise<void>] {
  const [isBusy, setBusy] = useState(false);
  async function run(): Promise<void> {
    if (isBusy || !act) return;
    setBusy(true);
    try {
      await act();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }
  return [isBusy, run];
}

/** A button that changes something on the server: it says what it does while it does it, and waits while offline. */
export function Action(props: ActionProps) {
  const {
    icon,
    kind = '',
    isBig = false,
    isWide = false,
    busy,
    unless,
    label,
    type = 'button',
    act,
    children,
  } = props;
  const [isBusy, run] = useAction(act);
  const reason = connection.value.state === 'offline' ? 'The server does not answer' : unless;
  const classes = ['btn', kind, isBig && 'big', isWide && 'wide', !children && 'icon']
    .filter(Boolean)
    .join(' ');
  const isStopped = reason !== undefined || isBusy;
  return (
    <button
      type={type}
      class={classes}
      aria-label={label}
      aria-disabled={isStopped ? 'true' : undefined}
      title={reason ?? (children ? undefined : label)}
      onClick={(event) => {
        if (isStopped) event.preventDefault();
        else if (act) void run();
      }}
    >
      {icon && <Icon name={icon} />}
      {isBusy && busy ? busy : children}
    </button>
  );
}

/** Copies a text and says so. */
export function Copy({
  text,
  kind = '',
  children,
}: {
  text: string;
  kind?: string;
  children: ComponentChildren;
}) {
  const copy = (): Promise<void> => navigator.clipboard.writeText(text).then(() => say('Copied'));
  return (
    <button
      type="button"
      class={`btn ${kind}`}
      onClick={() => void copy().catch(() => say('This browser does not let us copy'))}
    >
      <Icon name="copy" />
      {children}
    </button>
  );
}
