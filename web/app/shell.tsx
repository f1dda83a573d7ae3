import { useEffect, useRef, useState } from 'preact/hooks';
import { visible } from '../data/user-text.ts';
import { KeysHelp } from './keys-help.tsx';
import { Offline } from './offline.tsx';
import { PageHere, pageKey } from './pages.tsx';
import { here, navigate } from './router.ts';
import { announcement, toast } from './say.ts';
import { useKeys } from './shortcuts.ts';
import { turnTheme } from './theme.ts';
import { BottomBar, TopBar } from './top-bar.tsx';
import { useFileDrop } from './file-drop.ts';

/** The frame around every page. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const [isHelpOpen, showHelp] = useState(false);
  const key = pageKey(here.value.path);
  const first = useRef(key);
  useEffect(() => {
    if (first.current === key) return;
    first.current = key;
    main.current?.focus({ preventScroll: true });
  }, [key]);
  useKeys({
    n: () => navigate('/'),
    b: () => navigate('/batches'),
    w: () => navigate('/webhooks'),
    h: () => navigate('/hosts'),
    t: turnTheme,
    '?': () => showHelp(true),
  });
  useFileDrop();
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <TopBar onHelp={() => showHelp(true)} />
      <Offline />
      <main id="main" tabIndex={-1} ref={main}>
        <PageHere key={key} />
      </main>
      <BottomBar />
      {isHelpOpen && <KeysHelp onClose={() => showHelp(false)} />}
      <div aria-live="polite">
        {toast.value !== undefined && <div class="toast">{visible(toast.value)}</div>}
      </div>
      <div class="sr" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}
