import { ApiProblem } from '../../api/problem.ts';
import type { RenditionSpec } from '../../api/types.ts';

/** Sentences by the field that they are about; '' is the rendition itself. */
export type FieldProblems = Partial<Record<keyof RenditionSpec | '', string>>;

/** What is wrong, and where: a JSON pointer into the preset. */
export type Pointed = { at: string; detail: string };

/** What the API says of the settings of a preset, apart by rendition; `others` are about none of them. */
export function presetProblems(error: Error): { byRendition: Map<number, FieldProblems>; others: Pointed[] } {
  const byRendition = new Map<number, FieldProblems>();
  const others: Pointed[] = [];
  for (const { at = '', detail } of flawsOf(error)) {
    const [, index, field = ''] = /^\/renditions\/(\d+)\/?(.*)$/.exec(at) ?? [];
    if (index === undefined) others.push({ at, detail });
    else byRendition.set(Number(index), { ...byRendition.get(Number(index)), [field]: detail });
  }
  return { byRendition, others: flawsOf(error).length === 0 ? [{ at: '', detail: error.message }] : others };
}

/** What the API says of the settings of one rendition; undefined if the error is another one. */
export function renditionProblems(error: Error | undefined): FieldProblems | undefined {
  if (!(error instanceof ApiProblem) || error.code !== 'preset_invalid') return undefined;
  return Object.fromEntries(
    flawsOf(error).map(({ at = '', detail }) => [at.replace(/^\/rendition\/?/, ''), detail]),
  );
}

function flawsOf(error: Error) {
  return error instanceof ApiProblem ? (error.body.errors ?? []) : [];
}

/** Null is how the API shows "no limit"; it wants such settings left out. */
export function withoutNulls(rendition: RenditionSpec): Partial<RenditionSpec> {
  return Object.fromEntries(
    Object.entries(rendition).filter(([, value]) => value !== null && value !== false),
  );
}
