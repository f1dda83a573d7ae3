import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { PHONE, WIDE } from './page.ts';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ALL = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What depends on nothing but colours. */
const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

/**
 * What axe finds wrong, a line each. It is evaluated: the policy of the page refuses a script tag, as it should.
 * @param runOnly tags or rules
 */
export async function violations(page: Page, runOnly: unknown = ALL): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(SOURCE);
  // None of these rules reads style sheets, so that axe need not load them again.
  const options = { runOnly, resultTypes: ['violations'], preload: false };
  const results = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary = '' }) =>
        `${id}: ${target.join(' ')} ${failureSummary.split('\n')[1]?.trim()}`,
    ),
  );
}

type Look = { viewport: { width: number; height: number }; colorScheme: 'light' | 'dark'; runOnly: unknown };
type Looks = Record<string, Look>;

/** The looks that differ most. */
export const TWO_LOOKS: Looks = {
  'wide, light': { viewport: WIDE, colorScheme: 'light', runOnly: ALL },
  'phone, dark': { viewport: PHONE, colorScheme: 'dark', runOnly: ALL },
};
/** With other colours only the rules of colours can find something else. */
export const FOUR_LOOKS: Looks = {
  ...TWO_LOOKS,
  'phone, light': { viewport: PHONE, colorScheme: 'light', runOnly: COLOURS },
  'wide, dark': { viewport: WIDE, colorScheme: 'dark', runOnly: COLOURS },
};

/** What axe finds wrong in what is shown. The styles of all looks are in the page: nothing is loaded anew. */
export async function violationsIn(looks: Looks, page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const [look, { viewport, colorScheme, runOnly }] of Object.entries(looks)) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    found.push(...(await violations(page, runOnly)).map((line) => `${look}: ${line}`));
  }
  await page.setViewportSize(WIDE);
  return found;
}
