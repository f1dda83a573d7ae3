import { useState } from 'preact/hooks';
import { request } from '../../api/request.ts';
import type { Preset, RenditionSpec } from '../../api/types.ts';
import { navigate } from '../../app/router.ts';
import { say } from '../../app/say.ts';
import { reload } from '../../data/resource.ts';
import { type FieldProblems, type Pointed, presetProblems, withoutNulls } from './field-problems.ts';

const NEW_FILE: RenditionSpec = {
  name: 'full',
  fit: 'inside',
  width: 1600,
  height: 1600,
  format: 'jpeg',
  quality: 80,
  background: '#ffffff',
  max_bytes: null,
  trim: false,
  sharpen: false,
  animated: false,
  keep_credit: false,
};

/**
 * A preset while it is edited, with what is wrong with it.
 * @param known undefined: a new one @param like what a new one begins with
 */
export function usePreset(known: Preset | undefined, like: Preset | undefined) {
  const [name, setName] = useState(known?.name ?? '');
  const [description, setDescription] = useState((known ?? like)?.description ?? '');
  const [renditions, setRenditions] = useState((known ?? like)?.renditions ?? [NEW_FILE]);
  const [problems, setProblems] = useState<ReadonlyMap<number, FieldProblems>>(new Map());
  const [others, setOthers] = useState<Pointed[]>([]);

  async function save(): Promise<void> {
    setOthers([]);
    try {
      const json = { description, renditions: renditions.map(withoutNulls) };
      await request(`/v1/presets/${encodeURIComponent(name)}`, { method: 'PUT', json });
      await reload('/v1/presets');
      say('Saved');
      if (!known) navigate(`/presets/${name}`, { replace: true });
    } catch (error) {
      const found = presetProblems(error as Error);
      setProblems(found.byRendition);
      setOthers(found.others);
      say('It is not saved: see what is red');
    }
  }

  return {
    name,
    setName,
    description,
    setDescription,
    renditions,
    problems,
    others,
    save,
    add: () => setRenditions([...renditions, { ...NEW_FILE, name: `file-${renditions.length + 1}` }]),
    /** @param next undefined: it is left out */
    change(index: number, next: RenditionSpec | undefined): void {
      setRenditions((before) => before.flatMap((one, i) => (i === index ? (next ?? []) : one)));
      if (!next) setProblems(new Map());
    },
    setProblemsOf: (index: number, found: FieldProblems) =>
      setProblems((before) => new Map(before).set(index, found)),
  };
}

export type EditedPreset = ReturnType<typeof usePreset>;
