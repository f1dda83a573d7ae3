const COLUMNS = 12;
const ROWS = 4;
const STEP = { x: 107, y: 118 };
const FRAME = 96;
/** below this, only the left frames are seen, above the text */
const NARROW = 720;
/** Outer frames, from the edges inwards: the middle is under the text. */
const PLACES = [0, 11, 1, 23, 12, 35, 24, 47, 36, 10, 13, 22, 25, 34, 37, 46];

/** A film whose outer frames show the last pictures made; without any, it is empty. */
export function Film({ thumbs }: { thumbs: string[] }) {
  const alignment = innerWidth < NARROW ? 'xMinYMin slice' : 'xMidYMid slice';
  const shown = new Map(PLACES.map((place, i) => [place, thumbs[i]]));
  return (
    <svg class="film" viewBox="0 0 1280 480" preserveAspectRatio={alignment} aria-hidden="true">
      {Array.from({ length: COLUMNS * ROWS }, (_, place) => (
        <FilmFrame key={place} place={place} thumb={shown.get(place)} />
      ))}
    </svg>
  );
}

function FilmFrame({ place, thumb }: { place: number; thumb: string | undefined }) {
  const x = (place % COLUMNS) * STEP.x + 4;
  const y = Math.floor(place / COLUMNS) * STEP.y + 18;
  const box = { x, y, width: FRAME, height: FRAME };
  return (
    <>
      <text x={x + 1} y={y - 5} font-size="9" font-family="monospace" fill="currentColor">
        {place + 1}A
      </text>
      <rect {...box} rx="3" fill="none" stroke="currentColor" />
      {thumb !== undefined && <image href={thumb} {...box} preserveAspectRatio="xMidYMid slice" />}
    </>
  );
}
