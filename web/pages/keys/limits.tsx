import type { Usage } from '../../api/types.ts';
import { bytes, clock, number } from '../../data/format.ts';
import { reload, useResource } from '../../data/resource.ts';
import { Bar } from '../../parts/bar.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';

export const USAGE = '/v1/usage';

type Limit = { name: string; used: number | undefined; most: number | null; show: (value: number) => string };

/** What the customer of the key may use, and what is used of it. */
export function Limits() {
  const known = useResource<Usage>(USAGE);
  return (
    <Loaded known={known} waiting={<Lines count={4} />} onRetry={() => reload(USAGE)}>
      {(usage) => <LimitTable usage={usage} />}
    </Loaded>
  );
}

function limitsOf({ limits, used }: Usage): Limit[] {
  return [
    { name: 'Images today', used: used.images_per_day, most: limits.images_per_day, show: number },
    { name: 'Batches at once', used: used.batches_at_once, most: limits.batches_at_once, show: number },
    { name: 'Stored', used: used.stored_bytes, most: limits.stored_bytes, show: bytes },
    { name: 'Requests a second', used: undefined, most: limits.requests_per_second, show: number },
  ];
}

export function LimitTable({ usage }: { usage: Usage }) {
  return (
    <>
      <table class="table limits">
        <thead>
          <tr>
            <th scope="col">Limit</th>
            <th scope="col" class="r">
              Used
            </th>
            <th scope="col" class="r">
              Of
            </th>
          </tr>
        </thead>
        <tbody>
          {limitsOf(usage).map((limit) => (
            <LimitRow key={limit.name} limit={limit} />
          ))}
        </tbody>
      </table>
      <p class="tiny muted pad">
        Images are counted anew at {clock(usage.resets_at)}, midnight in UTC. Whoever runs this Minilab sets
        the limits.
      </p>
    </>
  );
}

function LimitRow({ limit: { name, used, most, show } }: { limit: Limit }) {
  const share = used === undefined || most === null ? 0 : Math.min(1, used / Math.max(1, most));
  return (
    <tr>
      <td>
        {name}
        {share > 0 && <Bar parts={[[share >= 0.9 ? 'bad' : 'now', share]]} />}
      </td>
      <td class="r">{used === undefined ? '' : show(used)}</td>
      <td class="r muted">{most === null ? 'no limit' : show(most)}</td>
    </tr>
  );
}
