import sharp, { type Metadata } from 'sharp';
import type { Plan } from '../decoder-protocol.ts';
import { READING } from './decode.ts';
import { readWhole } from './formats/source.ts';

/** It opens the file another time. @throws as `readWhole` */
export function readMetadata(plan: Plan): Promise<Metadata> {
  return readWhole(plan, (input) => sharp(input, READING).metadata());
}
