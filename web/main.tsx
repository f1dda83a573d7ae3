import { render } from 'preact';
import { request } from './api/request.ts';
import type { Session } from './api/types.ts';
import { startRouter } from './app/router.ts';
import { startScrolling } from './app/scroll.ts';
import { needsSignIn, session } from './app/session.ts';
import { Shell } from './app/shell.tsx';
import { startShortcuts } from './app/shortcuts.ts';
import { ApiProblem } from './api/problem.ts';

startRouter();
startScrolling();
startShortcuts();
void learnSession();
const root = document.querySelector('#app');
if (root) render(<Shell />, root);

async function learnSession(): Promise<void> {
  try {
    session.value = await request<Session>('/v1/session');
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) needsSignIn();
    // It does not answer: everything is shown, and it will refuse what this key may not do.
    else
      session.value = { tenant: 'default', scope: 'admin', key: null, needs_key: false, has_example: false };
  }
}
