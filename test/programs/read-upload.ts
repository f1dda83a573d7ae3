/** Reads an upload as the API does, and says how many rows it has and the most memory that the process had, in bytes. */
import { createReadStream } from 'node:fs';
import { readUpload } from '../../src/intake/read-upload.ts';

const [file = ''] = process.argv.slice(2);
const rules = { maxBytes: 2 ** 30, allowPaths: false, presets: new Set<string>() };
const { rows, errors } = await readUpload(createReadStream(file), rules, () => {});
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ rows, errors: errors.count, peakBytes }));
