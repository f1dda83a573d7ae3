import type { CheckedRule } from '../../../api/types.ts';
import { isWebAddress, visible } from '../../../data/user-text.ts';

type RuleSource = NonNullable<CheckedRule['source']>;

const BY: Record<RuleSource['by'], string> = {
  channel: 'its own page',
  quoted: 'quoted by others',
  third_party: 'told by others',
};

/** Where a rule was read, when, and by whom; what is in doubt. */
export function Source({ source: { url, seen, by, note } }: { source: RuleSource }) {
  const host = URL.canParse(url) ? new URL(url).host : url;
  return (
    <div class="tiny muted">
      {isWebAddress(url) ? (
        <a href={url} target="_blank" rel="noreferrer noopener">
          {visible(host)}
        </a>
      ) : (
        visible(host)
      )}
      , {BY[by]}, read in <time dateTime={seen}>{seen}</time>
      {note !== undefined && `. ${visible(note)}`}
    </div>
  );
}
