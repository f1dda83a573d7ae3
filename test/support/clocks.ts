const HOUR_MS = 3_600_000;

/** NODE_OPTIONS that have a process believe that it is some hours later, or earlier, than it is. */
export function shiftedBy(hours: number): string {
  const code = `
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...args) { if (args.length) super(...args); else super(Date.now()); }
      static now() { return RealDate.now() + ${hours * HOUR_MS}; }
    };`;
  return `--import data:text/javascript,${encodeURIComponent(code)}`;
}
