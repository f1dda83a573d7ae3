import { useEffect, useMemo } from 'preact/hooks';
import { Unreachable } from '../../api/problem.ts';
import type { List, Preset } from '../../api/types.ts';
import { chosenFile } from '../../app/file-drop.ts';
import { navigate, queryOf } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { bytes, number, percent, timeLeft } from '../../data/format.ts';
import { useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { UserText } from '../../parts/text.tsx';
import { Lines, Skeleton } from '../../parts/waiting.tsx';
import { Icon } from '../../parts/icon.tsx';
import { CheckForm } from './check-form.tsx';
import { Check, isGone } from './check-model.ts';
import { CheckNotes, Probes } from './check-notes.tsx';
import { CheckTable } from './check-table.tsx';

/** What was understood of a file, before anything is made. */
export function CheckPage() {
  const file = chosenFile.value;
  const uploadId = file ? undefined : queryOf('upload');
  const check = useMemo(() => new Check(file), [file]);
  useEffect(() => {
    if (!file && uploadId === undefined) navigate('/', { replace: true });
    else void check.start(uploadId);
    return () => check.cancel();
  }, [check]);
  const name = check.name.value;
  useTitle(name === '' ? 'Check' : `Check of ${visible(name)}`);
  const presets = useResource<List<Preset>>('/v1/presets').data?.items;
  const preview = check.preview.value;
  return (
    <>
      <PageHead title={name === '' ? 'Check' : <UserText text={name} />} sub={<Facts check={check} />}>
        <a class="btn plain" href="/">
          Another file
        </a>
      </PageHead>
      <SendBar check={check} />
      <Trouble check={check} />
      {preview && presets ? (
        <div class="two">
          <div class="stack">
            <CheckNotes check={check} preview={preview} />
            <CheckTable check={check} preview={preview} />
            {check.upload.value && preview.images > 0 && <Probes check={check} />}
          </div>
          <CheckForm check={check} preview={preview} presets={presets} />
        </div>
      ) : (
        check.problem.value === undefined && (
          <Skeleton>
            <Lines count={8} />
          </Skeleton>
        )
      )}
    </>
  );
}

const DELIMITERS: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

function Facts({ check }: { check: Check }) {
  const preview = check.preview.value;
  const atLeast = check.isWhole.value ? '' : 'at least ';
  return (
    <span class="facts">
      {preview && (
        <>
          <span>
            {atLeast}
            <b>{number(preview.rows)}</b> products
          </span>
          <span>
            <b>{number(preview.images)}</b> image links
          </span>
        </>
      )}
      <span>
        <b>{bytes(check.bytes.value)}</b>
      </span>
      {preview && (
        <span>
          {[
            preview.sheet === null ? '' : `sheet ${preview.sheet}`,
            DELIMITERS[preview.delimiter ?? ''],
            preview.encoding?.toUpperCase(),
          ]
            .filter(Boolean)
            .join(', ')}
        </span>
      )}
    </span>
  );
}

/** How far the file is on its way. Nothing below moves when it comes and goes: its place is kept. */
function SendBar({ check }: { check: Check }) {
  const share = check.sent.value;
  const seconds = (Date.now() - check.sentSince.value) / 1_000;
  const left = share !== undefined && share > 0.02 && seconds > 1 ? (seconds / share) * (1 - share) : null;
  return (
    <div class="sendbar">
      {share !== undefined && (
        <>
          <progress value={share} max={1} aria-label="Sent" />
          <span class="small muted num">
            {share < 1 ? `${percent(share)} sent` : 'Checking all rows'}
            {share < 1 && left !== null && `, ${timeLeft(left)} left`}
          </span>
          <button type="button" class="link small" onClick={() => check.cancel()}>
            Stop sending
          </button>
        </>
      )}
      {share === undefined && check.isReading.value && <span class="small muted">Checking …</span>}
    </div>
  );
}

function Trouble({ check }: { check: Check }) {
  const problem = check.problem.value;
  const wasStopped =
    may('write') &&
    check.sent.value === undefined &&
    !check.upload.value &&
    check.preview.value &&
    !check.isReading.value;
  if (!problem && !wasStopped) return null;
  const text = problem instanceof Unreachable && !check.upload.value ? undefined : problem?.message;
  return (
    <div class="note bad gapb" role="alert">
      <Icon name="bad" />
      <div class="grow any">
        <b>{visible(text ?? 'The file was not sent whole.')}</b>{' '}
        {isGone(problem) && 'Files are kept for an hour.'}{' '}
        {!chosenFile.value && isGone(problem) && 'Drop it here again.'}
      </div>
      {chosenFile.value && !check.upload.value ? (
        <button type="button" class="btn" onClick={() => void check.send()}>
          Send again
        </button>
      ) : (
        !isGone(problem) && (
          <button type="button" class="btn" onClick={() => void check.read()}>
            Try again
          </button>
        )
      )}
    </div>
  );
}
