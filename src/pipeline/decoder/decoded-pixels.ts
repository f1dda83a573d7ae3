import type { RenditionSpec } from '../../presets/spec.ts';
import type { Plan } from '../decoder-protocol.ts';
import { freeMemory } from '../../free-memory.ts';
import { decode, type Pixels } from './decode.ts';
import { objectBox } from './fit-object.ts';
import { type Found, findObject } from './measure/find-object.ts';
import { wantedScale } from './object-geometry.ts';

/** Decodes when the first rendition needs pixels, and another time for those that are trimmed or need more pixels. */
export class DecodedPixels {
  readonly #plan: Plan;
  readonly #decoded = new Map<'as it is' | 'trimmed' | 'whole', Promise<Pixels>>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  for({ trim }: Pick<RenditionSpec, 'trim'>): Promise<Pixels> {
    return this.#once(trim ? 'trimmed' : 'as it is', () => decode(this.#plan, { trim }));
  }

  /** With all pixels of the source, if the object would have to be enlarged otherwise. */
  async forObject(rendition: RenditionSpec): Promise<{ pixels: Pixels; found: Found }> {
    const pixels = await this.for({ trim: false });
    const found = findObject(pixels);
    const { width, height } = this.#plan;
    const isShrunk = pixels.width * pixels.height < width * height;
    if (!isShrunk || !found.object || wantedScale(found.object, objectBox(rendition)) <= 1)
      return { pixels, found };
    const whole = await this.#once('whole', () => decode(this.#plan, { trim: false, whole: true }));
    return { pixels: whole, found: findObject(whole) };
  }

  #once(kind: 'as it is' | 'trimmed' | 'whole', make: () => Promise<Pixels>): Promise<Pixels> {
    const pixels = this.#decoded.get(kind) ?? make();
    this.#decoded.set(kind, pixels);
    return pixels;
  }

  async free(): Promise<void> {
    for (const { data } of await Promise.all(this.#decoded.values())) freeMemory(data);
  }
}
