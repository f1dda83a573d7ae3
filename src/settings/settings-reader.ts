import { Problem } from '../errors.ts';
import { parseBytes, parseDuration } from '../units.ts';
import { type Bounds, parseBaseUrl, parseInteger, parseWebUrl, within } from './parsers.ts';

export type Environment = Record<string, string | undefined>;

/** Reads settings from an environment, and collects what is wrong with them for one report. */
export class SettingsReader {
  readonly #environment: Environment;
  readonly #flaws: string[] = [];
  readonly #names = new Set<string>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** the names of the settings read so far */
  get names(): string[] {
    return [...this.#names];
  }

  text(name: string, fallback: string): string {
    return this.#value(name) ?? fallback;
  }

  /** Parses a setting if it is set; a parser returns undefined for a value that is not valid. */
  parsed<T>(name: string, fallback: T, expected: string, parse: (text: string) => T | undefined): T {
    const text = this.#value(name);
    if (text === undefined) return fallback;
    const result = parse(text);
    if (result !== undefined) return result;
    const shown = holdsSecret(name, text) ? 'not valid' : `"${text}"`;
    this.reject(name, `is ${shown}, and must be ${expected}`);
    return fallback;
  }

  integer(name: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const bounds = { min: String(min), max: String(max) };
    return this.parsed(name, fallback, `a whole number from ${min} to ${max}`, within(bounds, parseInteger));
  }

  /** @returns bytes */
  bytes(name: string, fallback: number, bounds: Bounds): number {
    const expected = `a number of bytes from ${bounds.min} to ${bounds.max}, such as 30000000, 30MB or 30MiB`;
    return this.parsed(name, fallback, expected, within(bounds, parseBytes));
  }

  /** @returns milliseconds */
  duration(name: string, fallback: number, bounds: Bounds): number {
    const expected = `a duration from ${bounds.min} to ${bounds.max}, such as 15s`;
    return this.parsed(name, fallback, expected, within(bounds, parseDuration));
  }

  oneOf(name: string, fallback: string, allowed: readonly string[]): string {
    return this.parsed(name, fallback, `one of ${allowed.join(', ')}`, (text) =>
      allowed.includes(text) ? text : undefined,
    );
  }

  flag(name: string, fallback: boolean): boolean {
    return this.oneOf(name, String(fallback), ['true', 'false']) === 'true';
  }

  webUrl(name: string, fallback: string): string {
    return this.parsed(name, fallback, 'a URL that begins with http:// or https://', parseWebUrl);
  }

  /** The beginning of links, which everybody sees. */
  baseUrl(name: string, fallback: string): string {
    if (this.refusesUserInfo(name, 'it would be in every link')) return fallback;
    const expected = 'a URL that begins with http:// or https://, without a query or a fragment';
    return this.parsed(name, fallback, expected, parseBaseUrl);
  }

  /** Refuses credentials in a URL, without repeating them. @param why goes on after "must not:" @returns whether there are any */
  refusesUserInfo(name: string, why: string): boolean {
    const { username, password } = URL.parse(this.text(name, '')) ?? { username: '', password: '' };
    if (username === '' && password === '') return false;
    this.reject(name, `contains a user name or a password, and must not: ${why}`);
    return true;
  }

  /** Notes a flaw. @param why goes on after the name of the setting */
  reject(name: string, why: string): void {
    this.#flaws.push(`${name} ${why}.`);
  }

  /** @throws Problem `bad_settings`, with all flaws */
  finish(): void {
    if (this.#flaws.length > 0) throw new Problem('bad_settings', { detail: this.#flaws.join('\n') });
  }

  #value(name: string): string | undefined {
    this.#names.add(name);
    return this.#environment[name]?.trim() || undefined;
  }
}

/** Whether errors, which end up in logs, must not have the value: the path of a webhook may be a secret, too. */
function holdsSecret(name: string, text: string): boolean {
  return /SECRET|DATABASE|KEY|WEBHOOK_URL/.test(name) || /\/\/[^/]*@/.test(text);
}
