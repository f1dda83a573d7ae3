import { useEffect } from 'preact/hooks';
import type { RenditionSpec } from '../../api/types.ts';
import { bytes, duration, number, percent, savedShare } from '../../data/format.ts';
import { specText } from '../../parts/preset-drawing.tsx';
import { type FieldProblems, renditionProblems } from './field-problems.ts';
import { type Made, usePreview } from './use-preview.ts';

type Props = {
  rendition: RenditionSpec;
  picture: string;
  /** of the picture, if they are known */
  sourceBytes: number | undefined;
  onProblems: (problems: FieldProblems) => void;
};

/** One file of a preset as the server makes it, in full size behind a link. */
export function RenditionPreview({ rendition, picture, sourceBytes, onProblems }: Props) {
  const { made, error, isStale } = usePreview(rendition, picture);
  const problems = renditionProblems(error);
  useEffect(() => {
    if (problems) onProblems(problems);
    else if (!isStale) onProblems({});
  }, [error, isStale]);
  return (
    <figure class={`previewed ${isStale ? 'stale' : ''}`} aria-busy={isStale && !error}>
      <div class="box">
        {made && (
          <a href={made.url} target="_blank" title="In full size">
            <img src={made.url} alt={`Preview of ${rendition.name}`} />
          </a>
        )}
      </div>
      <figcaption class="tiny muted">
        <div>
          <b>{rendition.name}</b> {made && madeText(made, sourceBytes)}
        </div>
        {error ? (
          <div class="bad">{problems ? 'Its settings have errors.' : error.message}</div>
        ) : (
          <div>{specText(rendition)}</div>
        )}
      </figcaption>
    </figure>
  );
}

function madeText({ width, height, bytes: size, ms }: Made, before: number | undefined): string {
  const saved = before === undefined ? undefined : savedShare(before, size);
  return [
    width > 0 && `${number(width)} × ${number(height)}`,
    bytes(size) + (saved === undefined ? '' : ` (−${percent(saved)})`),
    `made in ${duration(ms)}`,
  ]
    .filter(Boolean)
    .join(' · ');
}
