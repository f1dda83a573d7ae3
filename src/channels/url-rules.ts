import type { Rule } from './rule.ts';
import { type Judged, met, NOT_APPLICABLE, unmet } from './judged.ts';

const EXTENSIONS: Record<string, readonly string[]> = {
  jpeg: ['jpg', 'jpeg'],
  png: ['png'],
  webp: ['webp'],
  gif: ['gif'],
  tiff: ['tif', 'tiff'],
  avif: ['avif'],
};

/** Judges the address of a picture. What a query holds is not told: it may be a secret. */
export type UrlJudge = (url: string, rule: Rule, format: string) => Judged;

const parsed = (judge: (url: URL, rule: Rule, format: string) => Judged): UrlJudge => {
  return (text, rule, format) => {
    const url = URL.parse(text);
    return url ? judge(url, rule, format) : NOT_APPLICABLE;
  };
};

export const URL_RULES = {
  url_https: parsed(({ protocol }) =>
    protocol === 'https:' ? met('https', 'https') : unmet(protocol.slice(0, -1), 'https'),
  ),
  url_port: parsed(({ port, protocol }, { one_of: allowed = [] }) => {
    const used = Number(port) || (protocol === 'https:' ? 443 : 80);
    const required = allowed.join('/');
    return allowed.map(Number).includes(used) ? met(used, required) : unmet(used, required);
  }),
  url_no_query: parsed(({ search }) => (search === '' ? met('none', 'none') : unmet('a query', 'none'))),
  url_extension: parsed(({ pathname }, _, format) => {
    const extension = /\.([a-z\d]{1,5})$/i.exec(pathname)?.[1]?.toLowerCase() ?? 'none';
    const fitting = EXTENSIONS[format] ?? [];
    const required = fitting.join('/');
    return fitting.includes(extension) ? met(extension, required) : unmet(extension, required);
  }),
  url_ascii: (url: string): Judged =>
    /^[\x21-\x7e]*$/.test(url) ? met('ASCII', 'ASCII') : unmet('other characters', 'ASCII'),
  url_length: (url: string, { at_most: most = 2_000 }: Rule): Judged => {
    const length = URL.parse(url)?.href.length ?? url.length;
    return length <= most ? met(length, most) : unmet(length, most, length - most);
  },
} satisfies Record<string, UrlJudge>;
