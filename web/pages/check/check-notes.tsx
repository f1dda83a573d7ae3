import type { Preview, Probe } from '../../api/types.ts';
import { query } from '../../api/request.ts';
import { count, number } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Action } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import type { Check } from './check-model.ts';

/** What the check means for the whole file, and the ways out. */
export function CheckNotes({ check, preview }: { check: Check; preview: Preview }) {
  return (
    <>
      {preview.sheets.length > 1 && <SheetChoice check={check} preview={preview} />}
      <Verdict check={check} preview={preview} />
      <WholeFile preview={preview} />
    </>
  );
}

/** Which sheet of a workbook is read. */
function SheetChoice({ check, preview: { sheet, sheets } }: { check: Check; preview: Preview }) {
  return (
    <label class="row">
      <span>Sheet</span>
      <select
        value={check.sheet.value ?? sheet ?? ''}
        onChange={(event) => check.chooseSheet(event.currentTarget.value)}
      >
        {sheet === null && check.sheet.value === undefined && <option value="">Choose one</option>}
        {sheets.map((name) => (
          <option key={name} value={name}>
            {visible(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Verdict({ check, preview }: { check: Check; preview: Preview }) {
  const { rows, bad_rows: bad, warning_count: odd } = preview;
  const oddText =
    odd > 0 &&
    ` ${count(odd, 'thing looks', 'things look')} odd and ${odd === 1 ? 'is' : 'are'} used all the same.`;
  if (bad === 0)
    return rows > 0 && preview.images > 0 ? (
      <div class={`note ${odd > 0 ? '' : 'ok'}`}>
        <Icon name="ok" />
        <div class="grow">
          <b>{rows === 1 ? 'The row can be used.' : `All ${number(rows)} rows can be used.`}</b>
          <span class="muted">{oddText}</span>
        </div>
      </div>
    ) : null;
  return (
    <div class="note bad">
      <Icon name="bad" />
      <div class="grow">
        <b>
          {number(bad)} of {count(rows, 'row')} cannot be used.
        </b>{' '}
        Correct {bad === 1 ? 'it' : 'them'} in your spreadsheet and drop the file here again, or go on without{' '}
        {bad === 1 ? 'that row: it comes back as failed.' : 'them: they come back as failed rows.'}
        <span class="muted">{oddText}</span>
      </div>
      <BadRows check={check} bad={bad} />
    </div>
  );
}

/** The rows with errors as a CSV. Its place is kept until the server has the file. */
function BadRows({ check, bad }: { check: Check; bad: number }) {
  const upload = check.upload.value;
  const what = (
    <>
      <Icon name="down" />
      {bad === 1 ? 'The row' : `The ${number(bad)} rows`}
    </>
  );
  if (!upload)
    return (
      <button type="button" class="btn" disabled>
        {what}
      </button>
    );
  const address = `/v1/uploads/${upload.upload_id}/errors.csv${query(check.reading())}`;
  return (
    <a class="btn" href={address} download>
      {what}
    </a>
  );
}

/** Errors and warnings that belong to no row, such as a missing header. */
function WholeFile({ preview }: { preview: Preview }) {
  const lines = new Set(preview.rows_shown.map(({ line }) => line));
  const loose = [
    ...preview.errors.map((flaw) => ({ ...flaw, isError: true })),
    ...preview.warnings.map((flaw) => ({ ...flaw, isError: false })),
  ].filter(({ line }) => !lines.has(line));
  return (
    <>
      {loose.slice(0, 5).map(({ line, column, code, detail, isError }) => (
        <div key={`${line} ${column} ${code}`} class={`note ${isError ? 'bad' : 'warn'}`}>
          <Icon name={isError ? 'bad' : 'warn'} />
          <div class="grow any">
            {visible(detail)} <code class="faint">{code}</code>
          </div>
        </div>
      ))}
    </>
  );
}

/** Whether the links lead to images. */
export function Probes({ check }: { check: Check }) {
  const probes = check.probes.value;
  return (
    <div class="note">
      <Icon name="find" />
      <div class="grow">
        {probes ? <Probed probes={probes} /> : 'Do the links lead to images? A few of them can be tried now.'}
      </div>
      <Action busy="Trying …" act={() => check.probe()}>
        {probes ? 'Try them again' : 'Try 20 links'}
      </Action>
    </div>
  );
}

function Probed({ probes }: { probes: Probe[] }) {
  const good = probes.filter(({ ok }) => ok);
  const bad = probes.filter(({ ok }) => !ok);
  const smallest = good
    .filter(({ width, height }) => width !== null && height !== null)
    .toSorted((a, b) => (a.width ?? 0) * (a.height ?? 0) - (b.width ?? 0) * (b.height ?? 0))[0];
  return (
    <>
      <b>
        {count(probes.length, 'link was', 'links were')} tried: {count(good.length, 'leads', 'lead')} to
        images.
      </b>{' '}
      {bad.slice(0, 3).map(({ url, detail }) => (
        <span key={url} class="any">
          {visible(detail ?? '')}{' '}
        </span>
      ))}
      {smallest && (
        <span class="muted">
          The smallest image is {smallest.width} × {smallest.height}; images are never enlarged.
        </span>
      )}
    </>
  );
}
