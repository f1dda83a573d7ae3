import type { ComponentChildren } from 'preact';

type Props = { title: string; children: ComponentChildren; isGood?: boolean };

/** Nothing to show: a drawing, a sentence, the next action. */
export function Empty({ title, children, isGood = false }: Props) {
  return (
    <div class="card empty">
      <svg
        class={`frames ${isGood ? 'ok' : ''}`}
        viewBox="0 0 132 60"
        fill="none"
        stroke="currentColor"
        aria-hidden="true"
      >
        {isGood ? (
          <path d="M50 32l12 12 24-28" stroke-width="2" />
        ) : (
          <>
            <rect x="1" y="6" width="40" height="48" rx="3" />
            <rect x="46" y="6" width="40" height="48" rx="3" stroke-dasharray="4 4" />
            <rect x="91" y="6" width="40" height="48" rx="3" stroke-dasharray="4 4" />
          </>
        )}
      </svg>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
