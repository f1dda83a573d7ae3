import { useEffect, useRef } from 'preact/hooks';
import { theme } from '../../../app/theme.ts';
import { number } from '../../../data/format.ts';
import type { SlotStates } from '../live/slot-states.ts';

type Props = {
  states: SlotStates;
  /** the share of the batch above the view, and how much of it is in view: 0 to 1 */
  top: number;
  seen: number;
  /** row of the file at the top of the view, and how many there are */
  row: number | undefined;
  rows: number;
  onJump: (share: number) => void;
};

const LINE = 2;
const WIDTH = 12;
const STEPS: Record<string, number> = { ArrowDown: 0.01, ArrowUp: -0.01, PageDown: 0.1, PageUp: -0.1 };

/** The whole batch in one look, failures as red lines; click or drag to go there. */
export function Strip({ states, top, seen, row, rows, onJump }: Props) {
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
  function drag(event: PointerEvent): void {
    const box = element.current?.getBoundingClientRect();
    if (box) onJump((event.clientY - box.top) / box.height);
  }
  function onKeyDown(event: KeyboardEvent): void {
    const by = STEPS[event.key];
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? 1 : by === undefined ? undefined : top + by;
    if (to === undefined) return;
    event.preventDefault();
    onJump(to);
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
      style={{ '--y': `${top * 100}%`, '--h': `${Math.max(0.5, seen * 100)}%` }}
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
      <div class="at" />
      <div class="say">{place}</div>
      <div class="inks" hidden />
    </div>
  );
}

/** The colour of a line by the states in it, the most urgent first. */
const COLOURS: [bit: number, variable: string][] = [
  [1 << 3, '--bad-bar'],
  [1 << 1, '--accent'],
  [1 << 0, '--line'],
  [1 << 4, '--control'],
  [1 << 2, '--ok-soft'],
];

function paint(canvas: HTMLCanvasElement, states: SlotStates): void {
  const ratio = devicePixelRatio || 1;
  const height = canvas.clientHeight;
  canvas.width = WIDTH * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (!context || states.total === 0) return;
  const inks = COLOURS.map(([bit, variable]) => ({ bit, ink: inkOf(canvas, variable) }));
  const lines = Math.floor(height / LINE);
  for (let line = 0; line < lines; line += 1) {
    const from = Math.floor((line / lines) * states.total);
    const to = Math.max(from + 1, Math.floor(((line + 1) / lines) * states.total));
    const mix = states.mixOf(from + 1, to + 1);
    context.fillStyle = inks.find(({ bit }) => (mix & bit) !== 0)?.ink ?? 'transparent';
    context.fillRect(0, line * LINE * ratio, WIDTH * ratio, LINE * ratio);
  }
}

/** A colour of the present theme: canvas does not know variables, nor light-dark(). */
function inkOf(canvas: HTMLCanvasElement, variable: string): string {
  canvas.style.color = `var(${variable})`;
  const ink = getComputedStyle(canvas).color;
  canvas.style.color = '';
  return ink;
}
