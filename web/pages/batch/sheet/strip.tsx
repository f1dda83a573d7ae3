import { useEffect, useRef } from 'preact/hooks';
import { theme } from '../../../app/theme.ts';
import { number } from '../../../data/format.ts';
import type { ImageState } from '../../../api/types.ts';
import type { SlotStates } from '../live/slot-states.ts';

type Props = {
  states: SlotStates;
  /** slots in view, and those of the part that the sheet shows */
  seen: Range;
  part: Range;
  /** row of the file at the top of the view, and how many there are */
  row: number | undefined;
  rows: number;
  onJump: (slot: number) => void;
};
/** slots, both ends included */
type Range = { from: number; to: number };

const LINE = 2;
const WIDTH = 12;
const STEPS: Record<string, number> = { ArrowDown: 0.01, ArrowUp: -0.01, PageDown: 0.1, PageUp: -0.1 };

/** The whole batch in one look, failures as red lines; click or drag to go there. */
export function Strip({ states, seen, part, row, rows, onJump }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { version } = states;
  const scheme = theme.value;
  useEffect(() => {
    if (canvas.current) paint(canvas.current, states);
  }, [version.value, states, scheme]);
  useEffect(() => {
    const repaint = (): void => void (canvas.current && paint(canvas.current, states));
    const observer = new ResizeObserver(repaint);
    if (element.current) observer.observe(element.current);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', repaint);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', repaint);
    };
  }, [states]);
  const share = (slots: number): number => slots / Math.max(1, states.total);
  function jump(to: number): void {
    onJump(Math.min(states.total, Math.max(0, Math.floor(to * states.total)) + 1));
  }
  function drag(event: PointerEvent): void {
    const box = element.current?.getBoundingClientRect();
    if (box) jump((event.clientY - box.top) / box.height);
  }
  function onKeyDown(event: KeyboardEvent): void {
    const by = STEPS[event.key];
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? 1
          : by === undefined
            ? undefined
            : share(seen.from - 1) + by;
    if (to === undefined) return;
    event.preventDefault();
    jump(to);
  }
  const place = `Row ${number(row ?? 1)} of ${number(rows)}`;
  return (
    <div
      ref={element}
      class="scrub"
      role="scrollbar"
      tabIndex={0}
      aria-controls="sheet"
      aria-label="Place in the sheet"
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, rows)}
      aria-valuenow={row ?? 1}
      aria-valuetext={place}
      style={{
        '--y': `${share(seen.from - 1) * 100}%`,
        '--h': `${Math.max(0.5, share(seen.to - seen.from + 1) * 100)}%`,
        '--part-y': `${share(part.from - 1) * 100}%`,
        '--part-h': `${share(part.to - part.from + 1) * 100}%`,
      }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
      }}
    >
      <canvas ref={canvas} />
      {part.to - part.from + 1 < states.total && <div class="part" />}
      <div class="at" />
      <div class="say">{place}</div>
    </div>
  );
}

const OTHERS = ['completed', 'pending', 'cancelled'] as const;

function paint(canvas: HTMLCanvasElement, states: SlotStates): void {
  const ratio = devicePixelRatio || 1;
  const height = canvas.clientHeight;
  canvas.width = WIDTH * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (!context || states.total === 0) return;
  const inks = inksOf(canvas);
  const lines = Math.floor(height / LINE);
  for (let line = 0; line < lines; line += 1) {
    const from = Math.floor((line / lines) * states.total);
    const to = Math.max(from + 1, Math.floor(((line + 1) / lines) * states.total));
    const { ground, red } = colourOf(states.countIn(from + 1, to + 1), to - from);
    for (const [ink, width] of [
      [inks[ground], WIDTH],
      [inks.failed, red * WIDTH],
    ] as const) {
      context.fillStyle = ink;
      context.fillRect((WIDTH - width) * ratio, line * LINE * ratio, width * ratio, LINE * ratio);
    }
  }
}

/**
 * What a line shows: what is in work, else what most of its images are, and failures as a red line from the right.
 * In a batch of a million each line has some of them: the more there are, the longer it is.
 */
function colourOf(counts: Record<ImageState, number>, images: number): { ground: ImageState; red: number } {
  const most = OTHERS.reduce((best, state) => (counts[state] > counts[best] ? state : best));
  const ground = counts.processing > 0 ? 'processing' : most;
  return {
    ground,
    red: counts.failed === 0 ? 0 : Math.min(1, LEAST_RED + REDNESS * (counts.failed / images)),
  };
}

const LEAST_RED = 0.25;
/** all of the line is red where one image in 13 has failed */
const REDNESS = 10;

function inksOf(canvas: HTMLCanvasElement): Record<ImageState, string> {
  return {
    pending: inkOf(canvas, '--line'),
    processing: inkOf(canvas, '--accent'),
    completed: inkOf(canvas, '--ok-soft'),
    failed: inkOf(canvas, '--bad-bar'),
    cancelled: inkOf(canvas, '--control'),
  };
}

/** A colour of the present theme: canvas does not know variables, nor light-dark(). */
function inkOf(canvas: HTMLCanvasElement, variable: string): string {
  canvas.style.color = `var(${variable})`;
  const ink = getComputedStyle(canvas).color;
  canvas.style.color = '';
  return ink;
}
