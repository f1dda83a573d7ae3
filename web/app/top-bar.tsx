import { visible } from '../data/user-text.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { connection } from './connection.ts';
import { here } from './router.ts';
import { may, session } from './session.ts';
import { setTheme, theme, THEMES } from './theme.ts';

type Entry = { to: string; name: string; short: string; icon: IconName };

const ENTRIES: Entry[] = [
  { to: '/', name: 'New batch', short: 'New', icon: 'upload' },
  { to: '/batches', name: 'Batches', short: 'Batches', icon: 'list' },
  { to: '/webhooks', name: 'Webhooks', short: 'Webhooks', icon: 'hook' },
  { to: '/hosts', name: 'Hosts', short: 'Hosts', icon: 'host' },
  { to: '/presets', name: 'Presets', short: 'Presets', icon: 'preset' },
];
/** Phones have it behind the account. */
const KEYS = { to: '/keys', name: 'Keys' };
const THEME_NAMES = { system: 'as the system', light: 'light', dark: 'dark' };

function isHere(to: string): boolean {
  const { path } = here.value;
  return to === '/' ? path === '/' || path === '/check' : path === to || path.startsWith(`${to}/`);
}

function Logo() {
  return (
    <a class="logo" href="/" aria-label="minilab, new batch">
      <svg viewBox="0 0 22 22" aria-hidden="true">
        <rect class="f" x="1" y="1" width="9" height="9" rx="1.8" />
        <rect class="f" x="12" y="1" width="9" height="9" rx="1.8" />
        <rect class="a" x="1" y="12" width="9" height="9" rx="1.8" />
        <rect class="g" x="12.9" y="12.9" width="7.2" height="7.2" rx="1.2" />
      </svg>
      minilab
    </a>
  );
}

function Live() {
  const isLive = connection.value.state === 'live';
  return (
    <span class="live" role="status" data-is={isLive ? 'on' : 'off'}>
      <i />
      <span>{isLive ? 'Live' : 'Offline'}</span>
    </span>
  );
}

function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
  const label = `Colours: ${THEME_NAMES[theme.value]}. Change to ${THEME_NAMES[next]}`;
  return (
    <button
      type="button"
      class="btn plain icon"
      aria-label={label}
      title={label}
      onClick={() => setTheme(next)}
    >
      <Icon name={theme.value === 'dark' ? 'moon' : theme.value === 'light' ? 'sun' : 'half'} />
    </button>
  );
}

/** Who is signed in. Without keys there is nobody to name. */
function Account() {
  const key = session.value?.key;
  if (!key) return null;
  return (
    <a class="btn plain account" href="/sign-in" aria-label={`Signed in: ${visible(key.name)}`}>
      <Icon name="key" />
      <span class="cut hide-s" dir="auto">
        {visible(key.name)}
      </span>
    </a>
  );
}

/** Who has to sign in first has nowhere to go. */
const isOutside = (): boolean => here.value.path === '/sign-in' && !session.value;

function entriesOfTop(): Pick<Entry, 'to' | 'name'>[] {
  const isKeeper = may('admin') && session.value?.key;
  return isKeeper ? [...ENTRIES, KEYS] : ENTRIES;
}

export function TopBar({ onHelp }: { onHelp: () => void }) {
  return (
    <header class="top">
      <Logo />
      <nav class="tabs-top" aria-label="Main">
        {(isOutside() ? [] : entriesOfTop()).map(({ to, name }) => (
          <a key={to} href={to} aria-current={isHere(to) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <span class="grow" />
      <Live />
      <button type="button" class="btn plain icon wide-only" aria-label="Keyboard shortcuts" onClick={onHelp}>
        <Icon name="help" />
      </button>
      <ThemeButton />
      <Account />
    </header>
  );
}

/** The places of the page on phones, within reach of a thumb. */
export function BottomBar() {
  if (isOutside()) return null;
  return (
    <nav class="bottom" aria-label="Main, at the bottom">
      {ENTRIES.map(({ to, short, icon }) => (
        <a key={to} href={to} aria-current={isHere(to) ? 'page' : undefined}>
          <Icon name={icon} />
          {short}
        </a>
      ))}
    </nav>
  );
}
