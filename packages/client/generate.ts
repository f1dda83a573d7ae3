import openapiTS, { astToString } from 'openapi-typescript';

const HEADER = '// Made from docs/openapi.json by `npm run openapi`.\n\n';

/** The source of src/schema.ts: the types of the API. */
export async function clientTypes(document: object): Promise<string> {
  const nodes = await openapiTS(JSON.stringify(document), { exportType: true, alphabetize: true });
  return HEADER + astToString(nodes);
}
