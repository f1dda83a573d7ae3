import { type Judged, met, NOT_APPLICABLE, unmet } from './judged.ts';
import { LONGEST_URL } from './required.ts';
import type { Rule } from './rule.ts';

/** Judges the address of a picture. What a query holds is not told: it may be a secret. */
export type UrlJudge = (url: string, rule: Rule, format: string) => Judged;

const parsed = (judge: (url: URL, rule: Rule) => Judged): UrlJudge => {
  return (text, rule) => {
    const url = URL.parse(text);
    return url ? judge(url, rule) : NOT_APPLICABLE;
  };
};

const EXTENSIONS: Record<string, readonly string[]> = {
  jpeg: ['jpg', 'jpeg'],
  png: ['png'],
  webp: ['webp'],
  gif: ['gif'],
  tiff: ['tif', 'tiff'],
  avif: ['avif'],
};

export const URL_RULES = {
  url_https: parsed(({ protocol }) => (protocol === 'https:' ? met('https') : unmet(protocol.slice(0, -1)))),
  url_port: parsed(({ port, protocol }, { one_of: allowed = [] }) => {
    const used = Number(port) || (protocol === 'https:' ? 443 : 80);
    return allowed.includes(used) ? met(used) : unmet(used);
  }),
  url_no_query: parsed(({ search }) => (search === '' ? met('none') : unmet('a query'))),
  url_extension: (url: string, _: Rule, format: string): Judged => {
    const path = /^[^?#]*/.exec(url)?.[0] ?? url;
    const extension = /^\w+:\/\/[^/]*\/.*\.([a-z\d]{1,5})$/i.exec(path)?.[1]?.toLowerCase() ?? 'none';
    const fitting = EXTENSIONS[format] ?? [];
    const required = fitting.join('/');
    return fitting.includes(extension) ? met(extension, required) : unmet(extension, 0, required);
  },
  url_ascii: (url: string): Judged => (/^[\x21-\x7e]*$/.test(url) ? met('ASCII') : unmet('other characters')),
  url_length: (url: string, { at_most: most = LONGEST_URL }: Rule): Judged => {
    // An ASCII address is not longer when it is parsed, but for a host without a path.
    const length = url.length < most / 9 ? url.length : (URL.parse(url)?.href.length ?? url.length);
    return length <= most ? met(length) : unmet(length, length - most);
  },
} satisfies Record<string, UrlJudge>;
