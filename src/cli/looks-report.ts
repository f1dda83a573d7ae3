import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import { countLooks, listLooks } from '../results/looks/look.queries.ts';
import { plural, say } from './output.ts';

/** Tells the pictures that occur more than once, in two lines; none if there are none. */
export async function sayLooks(db: Db, batch: BatchKey): Promise<void> {
  const { twice, shared, placeholder } = await countLooks(db, batch);
  const told = [
    ...(twice > 0 ? [`${plural(twice, 'picture')} twice in a product`] : []),
    ...(shared > 0 ? [`${plural(shared, 'picture')} on several products`] : []),
    ...(placeholder > 0 ? [`${plural(placeholder, 'picture')} that may stand for a missing one`] : []),
  ];
  if (told.length === 0) return;
  say(`\nSame pictures: ${told.join(', ')}.`);
  const wanted = { kind: undefined, minProducts: undefined, afterLook: 0, limit: 1 };
  for (const { images, products, url } of await listLooks(db, batch, wanted))
    say(`The most frequent one is ${plural(images, 'image')} of ${plural(products, 'product')}: ${url}`);
}
