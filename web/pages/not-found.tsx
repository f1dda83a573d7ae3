import { PageHead, useTitle } from '../parts/page-head.tsx';

export function NotFound() {
  useTitle('Not found');
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        <a href="/">New batch</a> · <a href="/batches">All batches</a>
      </p>
    </>
  );
}
