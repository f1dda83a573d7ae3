import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { Batch } from '../../../api/types.ts';
import { bytes, count, number } from '../../../data/format.ts';
import { Copy } from '../../../parts/button.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { tabPath } from '../tabs.tsx';

/** What comes out of a batch, and for whom. Links, not scripts: downloads stream, and resume. */
export function Results({ batch }: { batch: Batch }) {
  const { id, counts, zip_bytes, ended_at } = batch;
  const base = `/v1/batches/${id}`;
  const [keepsOld, setKeepsOld] = useState(false);
  const soFar = ended_at === null ? ' so far' : '';
  return (
    <>
      <div class="dl">
        <Output
          base={base}
          asWorkbook={WORKBOOK.test(batch.name)}
          badge={`${count(counts.completed, 'image')}${soFar}`}
        />
        <Result name="output.csv, links replaced" badge="for the shop">
          <p>
            The new links stand in the place of the old ones, and nothing else is changed: it goes straight
            back into Shopify, WooCommerce or Magento.
          </p>
          <div class="row">
            <Download
              href={`${base}/output.csv?style=replace${keepsOld ? '&on_failed=source' : ''}`}
              of="output.csv with replaced links"
            />
            <label class="row small">
              <input
                type="checkbox"
                checked={keepsOld}
                onChange={(event) => setKeepsOld(event.currentTarget.checked)}
              />
              keep the old link where an image failed
            </label>
          </div>
        </Result>
        <Result name="images.zip" badge={`about ${bytes(zip_bytes)}`}>
          <p>
            All pictures under names for people, such as <code>FI-1003-1-full.jpg</code>, and the spreadsheet
            with these names.
          </p>
          <div class="row">
            <Download href={`${base}/images.zip`} of="images.zip" />
          </div>
        </Result>
        <Result name="failed.csv" badge={count(counts.failed, 'image')} isBad={counts.failed > 0}>
          <p>Only the rows with failures, as they were. Correct them and upload the file.</p>
          <div class="row">
            <Download href={`${base}/failed.csv`} of="failed.csv" />
            <a class="btn plain" href={tabPath(id, 'failures')} data-keep-scroll="">
              See why
            </a>
          </div>
        </Result>
        <Result name="manifest.ndjson" badge="for engineers">
          <p>One line of JSON for each file: its source and hash, the versions that made it, and when.</p>
          <div class="row">
            <Download href={`${base}/manifest.ndjson`} of="manifest.ndjson" />
          </div>
        </Result>
        <Result name="By command">
          <p>
            Programs take the same addresses; where this server has keys, with{' '}
            <code>-H "Authorization: Bearer ml_…"</code>. <a href="/docs">The API</a>
          </p>
          <pre class="body">curl -OJ {`${location.origin}${base}/output.csv`}</pre>
        </Result>
      </div>
      <p class="small muted gaptop">
        {ended_at === null
          ? 'The batch still runs: these files hold what is done so far. Download them again when it has ended.'
          : `The batch has ended: ${number(counts.completed)} of ${number(counts.total)} images are in these files.`}
      </p>
    </>
  );
}

const WORKBOOK = /\.xls[xm]$/i;

/** The table that goes back. Who came with a workbook is offered one first. */
function Output({ base, asWorkbook, badge }: { base: string; asWorkbook: boolean; badge: string }) {
  const [first, ...others] = asWorkbook ? ['xlsx', 'csv', 'ndjson'] : ['csv', 'xlsx', 'ndjson'];
  const file = `output.${first}`;
  return (
    <Result name={file} badge={badge}>
      <p>
        Your spreadsheet, row for row, with the new links in columns of their own, a status and the errors. An
        image that failed leaves its place empty.
      </p>
      <div class="row">
        <Download href={`${base}/${file}`} of={file} isPrimary />
        {others.map((kind) => (
          <a key={kind} class="btn" href={`${base}/output.${kind}`} download>
            <span class="sr">Download </span>as {KIND_NAMES[kind]}
          </a>
        ))}
        <Copy text={`${location.origin}${base}/${file}`}>Copy the address</Copy>
      </div>
    </Result>
  );
}

const KIND_NAMES: Record<string, string> = { csv: 'CSV', xlsx: 'XLSX', ndjson: 'NDJSON' };

type ResultProps = { name: string; badge?: string; isBad?: boolean; children: ComponentChildren };

function Result({ name, badge, isBad = false, children }: ResultProps) {
  return (
    <section class="card" aria-label={name}>
      <h2>{name}</h2>
      {badge ? <span class={`badge ${isBad ? 'bad' : ''}`}>{badge}</span> : <span />}
      {children}
    </section>
  );
}

function Download({ href, of, isPrimary = false }: { href: string; of: string; isPrimary?: boolean }) {
  return (
    <a class={`btn ${isPrimary ? 'primary' : ''}`} href={href} download>
      <Icon name="down" />
      Download<span class="sr"> {of}</span>
    </a>
  );
}
