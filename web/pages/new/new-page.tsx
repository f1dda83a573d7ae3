import { query } from '../../api/request.ts';
import type { Batch, List } from '../../api/types.ts';
import { checkFile, isDragging } from '../../app/file-drop.ts';
import { useResource } from '../../data/resource.ts';
import { Icon } from '../../parts/icon.tsx';
import { useTitle } from '../../parts/page-head.tsx';
import { BatchTable } from '../batches/batch-table.tsx';
import { Film } from './film.tsx';
import { TryExample } from './example.tsx';

const SHOWN = 3;
const LATEST = 14;
const ACCEPTED =
  '.csv,.tsv,.txt,.xlsx,.xlsm,.zip,.json,.ndjson,.jsonl,.xml,text/csv,text/tab-separated-values,text/plain,application/json,text/xml';

export function NewPage() {
  useTitle('New batch');
  const batches = useResource<List<Batch>>(`/v1/batches${query({ limit: SHOWN, latest: LATEST })}`).data
    ?.items;
  return (
    <div class="start">
      <Drop thumbs={batches?.flatMap(({ latest = [] }) => latest.map(({ thumb }) => thumb.url)) ?? []} />
      <section class="three" aria-label="What happens then">
        <Step mark="1A" title="You see what was understood">
          Which column holds what, the first rows, and every cell that is wrong, marked in its place.
        </Step>
        <Step mark="2A" title="The pictures come in">
          Each image is downloaded, made in the sizes you choose, and appears on a contact sheet.
        </Step>
        <Step mark="3A" title="You get your spreadsheet back">
          The same rows with the new links. For each image that failed: why, and what to do.
        </Step>
      </section>
      {batches && batches.length > 0 && (
        <section aria-labelledby="last">
          <div class="sect">
            <h2 id="last">Last batches</h2>
            <span class="grow" />
            <a class="small muted" href="/batches">
              All batches
            </a>
          </div>
          <div class="card">
            <BatchTable batches={batches} />
          </div>
        </section>
      )}
    </div>
  );
}

function Step({ mark, title, children }: { mark: string; title: string; children: string }) {
  return (
    <div>
      <h2>
        <b aria-hidden="true">{mark}</b>
        {title}
      </h2>
      <p>{children}</p>
    </div>
  );
}

/** The drop zone: a label over a real file input, on a film with the last pictures. */
function Drop({ thumbs }: { thumbs: string[] }) {
  return (
    <section class={`drop ${isDragging.value ? 'over' : ''}`} aria-labelledby="drop-h">
      <Film thumbs={thumbs} />
      <div class="in">
        <h1 id="drop-h">Drop your product spreadsheet</h1>
        <p>
          A CSV, a workbook (.xlsx) or a feed in JSON or XML with image links, as Shopify, WooCommerce,
          Magento, PrestaShop, Amazon, Google or Excel write it; or a ZIP with the pictures in it. It is
          checked first. Nothing is made until you say so.
        </p>
        <div class="row center">
          <label class="btn primary big file">
            <Icon name="upload" />
            Choose a file
            <input
              type="file"
              accept={ACCEPTED}
              onChange={({ currentTarget: { files } }) => files?.[0] && checkFile(files[0])}
            />
          </label>
          <TryExample isBig />
        </div>
      </div>
    </section>
  );
}
