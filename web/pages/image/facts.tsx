import type { Image, Rendition } from '../../api/types.ts';
import { bytes, clockWithSeconds, duration, percent, savedShare } from '../../data/format.ts';
import { shortReason } from '../../data/reasons.ts';
import { visible } from '../../data/user-text.ts';
import { Copy } from '../../parts/button.tsx';
import { Arrow, Icon } from '../../parts/icon.tsx';
import { Address, Moment } from '../../parts/text.tsx';
import { FixFacts } from './fix-facts.tsx';

/** What came out, what it was, and how it went. */
export function Facts({ image }: { image: Image }) {
  return (
    <aside aria-label="About this image">
      {image.renditions.length > 0 && <Made image={image} />}
      <SourceFacts image={image} />
      <HowItWent image={image} />
    </aside>
  );
}

function Made({ image: { source, renditions } }: { image: Image }) {
  const [first] = renditions;
  const saved = source && first ? savedShare(source.bytes, first.bytes) : undefined;
  return (
    <section class="card panel" aria-label="Files">
      <div class="saved">
        {saved !== undefined && <b>−{percent(saved)}</b>}
        {source && first && (
          <span class="muted">
            {bytes(source.bytes)} <Arrow /> {bytes(first.bytes)}
          </span>
        )}
      </div>
      <table class="rend gaptop">
        <thead class="sr">
          <tr>
            <th scope="col">File</th>
            <th scope="col">Pixels</th>
            <th scope="col">Bytes</th>
          </tr>
        </thead>
        <tbody>
          {renditions.map((rendition) => (
            <RenditionRow key={rendition.name} rendition={rendition} />
          ))}
        </tbody>
      </table>
      {renditions.map(({ name, fix }) => fix && <FixFacts key={name} fix={fix} />)}
      <div class="row gaptop">
        <Copy text={renditions.map(({ url }) => url).join('\n')}>Copy links</Copy>
      </div>
    </section>
  );
}

function RenditionRow({
  rendition: { name, url, width, height, bytes: size, format },
}: {
  rendition: Rendition;
}) {
  return (
    <tr>
      <td>
        <a class="name" href={url} target="_blank" rel="noreferrer noopener">
          <b>{name}</b> <Icon name="link" />
        </a>
        <div class="tiny faint">{format.toUpperCase()}</div>
      </td>
      <td class="num muted">
        {width} × {height}
      </td>
      <td>{bytes(size)}</td>
    </tr>
  );
}

function SourceFacts({ image: { source, source_url, file, final_url } }: { image: Image }) {
  const isMoved = final_url !== null && final_url !== source_url;
  return (
    <section class="card panel" aria-label="Source">
      <h2>Source</h2>
      <dl class="kv">
        {source && (
          <>
            <dt>Size</dt>
            <dd>
              {source.width} × {source.height}, {source.format.toUpperCase()}
            </dd>
            <dt>Bytes</dt>
            <dd>{bytes(source.bytes)}</dd>
          </>
        )}
        <dt>{file === null ? 'Address' : 'Uploaded file'}</dt>
        <dd>
          {file === null ? <Address url={source_url} /> : <span class="mono any">{visible(file)}</span>}
        </dd>
        {isMoved && (
          <>
            <dt>Found at</dt>
            <dd>
              <Address url={final_url} />
            </dd>
          </>
        )}
        {source && (
          <>
            <dt>SHA-256</dt>
            <dd class="mono" title={source.sha256}>
              {source.sha256.slice(0, 8)} … {source.sha256.slice(-4)}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

const STAGES = [
  ['waited', 'Waited for the host'],
  ['download', 'Download'],
  ['make', 'Decode, make, encode'],
  ['store', 'Store'],
] as const;

function HowItWent({ image }: { image: Image }) {
  const { timings } = image;
  const total = timings
    ? Math.max(
        1,
        STAGES.reduce((sum, [stage]) => sum + timings[stage], 0),
      )
    : 1;
  return (
    <section class="card panel" aria-label="How it went">
      <h2>How it went</h2>
      {timings && (
        <>
          <div class="stages" aria-hidden="true">
            {STAGES.map(([stage]) => (
              <span key={stage} style={{ '--w': `${(timings[stage] / total) * 100}%` }} />
            ))}
          </div>
          <dl class="kv">
            {STAGES.map(([stage, name]) => (
              <StageRow key={stage} name={name} ms={timings[stage]} />
            ))}
          </dl>
        </>
      )}
      {!timings && image.state === 'completed' && (
        <p class="small muted">Its files were there before: nothing had to be made.</p>
      )}
      <Tries image={image} />
    </section>
  );
}

function StageRow({ name, ms }: { name: string; ms: number }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{duration(ms)}</dd>
    </>
  );
}

/** Newest first. What the page says above is not said again. */
function Tries({ image }: { image: Image }) {
  const { state, ended_at, next_attempt_at, attempts, tries, error_detail } = image;
  return (
    <ol class="tl gaptop">
      {state === 'completed' && ended_at !== null && (
        <li data-s="ok">
          <b>Done</b>
          <div class="tiny muted">
            <Moment at={ended_at} show={clockWithSeconds} /> · try {attempts}
          </div>
        </li>
      )}
      {next_attempt_at !== null && (
        <li data-s="wait">
          <b>Next try</b>
          <div class="tiny muted">
            <Moment at={next_attempt_at} show={clockWithSeconds} />
          </div>
        </li>
      )}
      {tries.toReversed().map(({ at, code, detail, http_status: status }, i) => (
        <li key={`${at} ${i}`} data-s="bad">
          <b>{shortReason(code)}</b>
          {detail !== error_detail && <div class="small any">{visible(detail)}</div>}
          <div class="tiny muted">
            <code>{code}</code>
            {status !== null && ` · HTTP ${status}`} · <Moment at={at} show={clockWithSeconds} /> · try{' '}
            {tries.length - i}
          </div>
        </li>
      ))}
    </ol>
  );
}
