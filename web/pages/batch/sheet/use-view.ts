import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Grid, gridOf } from './grid.ts';

/** What is seen of the sheet. */
export type View = {
  /** undefined until its width is known */
  grid: Grid | undefined;
  /** how far the view is below the begin of the sheet, and how tall it is, in pixels */
  top: number;
  height: number;
  /** false while somebody drags through it */
  isCalm: boolean;
  /** Scrolls to a line of the sheet when it is drawn, unless it is in view. @param slot to give the focus to */
  show(line: number, slot: number | undefined): void;
  /** Scrolls up to the begin of the sheet, unless it is in view. */
  toBegin(): void;
};

const CALM_MS = 80;
/** bars that stick above the sheet */
const ABOVE = 110;
/** a step of this many views is a drag, not reading */
const FAST = 1.5;

/** Follows scrolling and resizing. Places are read when the layout changes, never while drawing: that costs a layout each time. */
export function useView(host: RefObject<HTMLElement | null>, size: number): View {
  const [width, setWidth] = useState(0);
  const [scroll, setScroll] = useState({ y: scrollY, height: innerHeight });
  const [isCalm, setCalm] = useState(true);
  const [, redraw] = useState(0);
  const start = useRef(0);
  const wantedLine = useRef<number>(undefined);
  const wantedSlot = useRef<number>(undefined);
  const grid = useMemo(() => (width > 0 ? gridOf(width, size) : undefined), [width, size]);

  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const measure = (): void => {
      start.current = element.getBoundingClientRect().top + scrollY;
      setWidth(element.clientWidth);
      setScroll({ y: scrollY, height: innerHeight });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = scrollY;
    const onScroll = (): void => {
      const isFast = Math.abs(scrollY - last) > innerHeight * FAST;
      last = scrollY;
      if (isFast) setCalm(false);
      clearTimeout(timer);
      timer = setTimeout(() => setCalm(true), CALM_MS);
      setScroll({ y: scrollY, height: innerHeight });
    };
    addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      removeEventListener('scroll', onScroll);
    };
  }, []);
  // Not before: another part of the sheet may be taller than what was drawn.
  useLayoutEffect(() => {
    if (wantedLine.current !== undefined && grid) scrollToLine(start.current, wantedLine.current, grid.step);
    wantedLine.current = undefined;
    const frame = host.current?.querySelector<HTMLElement>(`[data-slot="${wantedSlot.current}"]`);
    if (!frame) return;
    wantedSlot.current = undefined;
    frame.focus({ preventScroll: true });
  });

  return {
    grid,
    top: Math.max(0, scroll.y - start.current),
    height: scroll.height,
    isCalm,
    show(line, slot) {
      wantedLine.current = line;
      wantedSlot.current = slot;
      redraw((n) => n + 1);
    },
    toBegin() {
      const top = start.current - ABOVE;
      if (scrollY > top) scrollTo({ top, behavior: 'instant' });
    },
  };
}

function scrollToLine(start: number, line: number, step: number): void {
  const at = start + line * step;
  const isSeen = at >= scrollY + ABOVE && at + step <= scrollY + innerHeight;
  if (!isSeen) scrollTo({ top: at - Math.max(ABOVE, innerHeight / 2.5), behavior: 'instant' });
}
