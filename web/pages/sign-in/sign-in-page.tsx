import { useRef, useState } from 'preact/hooks';
import { request } from '../../api/request.ts';
import type { Session } from '../../api/types.ts';
import { navigate, queryOf } from '../../app/router.ts';
import { session } from '../../app/session.ts';
import { Action } from '../../parts/button.tsx';
import { lazy } from '../../parts/lazy.tsx';
import { useTitle } from '../../parts/page-head.tsx';
import { canBeKey } from './key-check.ts';

const Limits = lazy(async () => (await import('../keys/limits.tsx')).Limits);

const NOT_A_KEY =
  'That is not a key: keys begin with ml_ and have a check at their end. Was it copied whole?';

export function SignInPage() {
  useTitle('Sign in');
  return (
    <div class="signin">{session.value?.key ? <SignedIn current={session.value} /> : <SignInForm />}</div>
  );
}

/** Only addresses of this page: a link must not lead elsewhere after the sign-in. */
function target(): string {
  const to = queryOf('to') ?? '/batches';
  return to.startsWith('/') && !to.startsWith('//') && !to.includes('\\') ? to : '/batches';
}

function SignInForm() {
  const field = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState('');
  async function signIn(): Promise<void> {
    const key = field.current?.value.trim() ?? '';
    try {
      if (!canBeKey(key)) throw new Error(NOT_A_KEY);
      session.value = await request<Session>('/v1/session', { method: 'POST', json: { key } });
      navigate(target(), { replace: true });
    } catch (error) {
      setProblem((error as Error).message);
      field.current?.focus();
    }
  }
  return (
    <>
      <form
        class="card"
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        <h1>Sign in</h1>
        <p class="muted gapb gaptop">
          Enter a key of this Minilab. Whoever runs it makes keys with <code>minilab keys create</code>.
        </p>
        <label class="field" for="key">
          <span>Key</span>
        </label>
        <input
          ref={field}
          id="key"
          type="password"
          class="mono"
          placeholder="ml_…"
          autocomplete="current-password"
          spellcheck={false}
          aria-describedby="key-problem"
          aria-invalid={problem !== ''}
        />
        <p id="key-problem" class="small bad gapb gaptop" role="alert">
          {problem}
        </p>
        <Action kind="primary" isBig isWide type="submit">
          Sign in
        </Action>
      </form>
      <p class="small muted gaptop">
        The key stays in this browser as a cookie that scripts cannot read. Sign out forgets it.
      </p>
    </>
  );
}

function SignedIn({ current }: { current: Session }) {
  async function signOut(): Promise<void> {
    await request('/v1/session', { method: 'DELETE' });
    session.value = null;
  }
  return (
    <div class="card">
      <h1>Signed in</h1>
      <dl class="kv gaptop gapb">
        <dt>Key</dt>
        <dd dir="auto">{current.key?.name}</dd>
        <dt>Customer</dt>
        <dd>{current.tenant}</dd>
        <dt>May</dt>
        <dd>{{ read: 'look', write: 'look and change', admin: 'do everything' }[current.scope]}</dd>
      </dl>
      {current.scope === 'admin' && (
        <a class="btn wide gapb" href="/keys">
          Keys
        </a>
      )}
      <Action isWide busy="Signing out …" act={signOut}>
        Sign out
      </Action>
      <div class="gaptop2">
        <Limits />
      </div>
    </div>
  );
}
