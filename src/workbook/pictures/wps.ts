import { countedTo, MAX_PICTURES } from '../limits.ts';
import { type Package, type Relationship, targetOf } from '../package.ts';
import { prefixed } from '../xml.ts';

/** The pictures that WPS Office keeps for cells, by the ids that DISPIMG() names. */
export async function wpsPictures(
  parts: Package,
  relationships: Map<string, Relationship>,
): Promise<Map<string, string>> {
  const part = targetOf(relationships, 'cellImage');
  const found = new Map<string, string>();
  if (part === undefined) return found;
  const targets = await parts.relationshipsOf(part);
  const count = countedTo(MAX_PICTURES, 'pictures in cells');
  let id = '';
  await parts.parse(part, {
    open: (name, attributes) => {
      if (name === 'cNvPr') id = attributes['name'] ?? '';
      const target = name === 'blip' ? targets.get(prefixed(attributes, 'embed') ?? '') : undefined;
      if (!target || target.isExternal) return;
      count();
      found.set(id, target.target);
    },
  });
  return found;
}
