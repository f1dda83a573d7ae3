import type { Rendition } from '../../api/types.ts';
import { number } from '../../data/format.ts';
import { Icon } from '../../parts/icon.tsx';

type Fix = NonNullable<Rendition['fix']>;

const CHANGES: Record<Fix['changes'][number], string> = {
  cut: 'cut to the product',
  padded: 'padded',
  enlarged: 'enlarged',
  whitened: 'background made white',
  reformatted: 'saved in another format',
  recompressed: 'compressed anew',
};

/** What was done to a file so that it meets a rule, and what could not be done. */
export function FixFacts({ fix: { changes, unmet } }: { fix: Fix }) {
  const done = changes.map((change) => CHANGES[change]).join(', ') || 'nothing had to be changed';
  return (
    <>
      <p class="small muted">{done.charAt(0).toUpperCase() + done.slice(1)}</p>
      {unmet.map(({ rule, sentence, measured, required }) => (
        <div key={rule} class="note warn gaptop">
          <Icon name="warn" />
          <div class="grow">
            {sentence.replaceAll('`', '"')}
            {typeof measured === 'number' && ` It has ${number(measured)}; ${required} are needed.`}
          </div>
        </div>
      ))}
    </>
  );
}
