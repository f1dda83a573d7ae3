import { useState } from 'preact/hooks';
import { may } from '../../app/session.ts';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { NotFound } from '../not-found.tsx';
import { AuditView } from './audit-view.tsx';
import { KeyList } from './key-list.tsx';
import { UsageView } from './usage-view.tsx';

const PARTS = [
  { part: undefined, to: '/keys', name: 'Keys' },
  { part: 'usage', to: '/keys/usage', name: 'Use and limits' },
  { part: 'audit', to: '/keys/audit', name: 'Log' },
] as const;

type Part = (typeof PARTS)[number]['part'];

/** Who may use this Minilab, what they use, and what they did. Keys and the log are for admins. */
export function KeysPage({ part }: { part: string | undefined }) {
  const [isOpen, open] = useState(false);
  const isAdmin = may('admin');
  const here = PARTS.find((one) => one.part === part);
  useTitle(here?.name ?? 'Keys');
  if (!here) return <NotFound />;
  const shown = isAdmin ? here.part : 'usage';
  return (
    <>
      <PageHead
        title="Keys"
        sub="Whoever has a key may use this Minilab. A key is shown once, when it is made."
      >
        {isAdmin && shown === undefined && (
          <button type="button" class="btn primary" onClick={() => open(true)}>
            New key
          </button>
        )}
      </PageHead>
      {isAdmin ? (
        <Tabs shown={shown} />
      ) : (
        <p class="muted">Keys and the log are for admins; this key sees what is used.</p>
      )}
      <div class="gaptop2">
        {shown === undefined && <KeyList isOpen={isOpen} onClose={() => open(false)} />}
        {shown === 'usage' && <UsageView />}
        {shown === 'audit' && <AuditView />}
      </div>
    </>
  );
}

function Tabs({ shown }: { shown: Part }) {
  return (
    <nav class="tabs" aria-label="Parts of this page">
      {PARTS.map(({ part, to, name }) => (
        <a key={to} href={to} data-keep-scroll aria-current={part === shown ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
