import { setQuery } from '../../../app/router.ts';
import { Empty } from '../../../parts/empty.tsx';
import { Failure, Lines, Skeleton } from '../../../parts/waiting.tsx';
import { WITHOUT_FOUND } from './found-filter.ts';
import type { FoundSlots } from './found-slots.ts';

/** Before anything was found; where nothing was, or it could not be looked up. */
export function FoundState({ found }: { found: FoundSlots }) {
  if (found.version.value >= 0 && found.error)
    return <Failure error={found.error} onRetry={() => found.read()} />;
  if (found.count > 0) return null;
  if (!found.isComplete)
    return (
      <Skeleton>
        <Lines />
      </Skeleton>
    );
  return (
    <Empty title="No such image">
      <p>
        <button type="button" class="link" onClick={() => setQuery(WITHOUT_FOUND)}>
          Show all images
        </button>
      </p>
    </Empty>
  );
}
