import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

/** The title of the tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Minilab`;
  }, [title]);
}

/** The heading of a page, and its actions. */
export function PageHead({
  title,
  sub,
  children,
}: {
  title: ComponentChildren;
  sub?: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <div class="head">
      <div class="grow">
        <h1>{title}</h1>
        {sub && <div class="sub">{sub}</div>}
      </div>
      {children && <div class="row acts">{children}</div>}
    </div>
  );
}
