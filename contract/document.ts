/** The API's document as a server of this version answers it, whatever its address. */
import { startHttp } from '../src/app.ts';
import { newServices } from '../test/support/batches.ts';
import { freePort } from '../test/support/minilab.ts';

export type ApiDocument = {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  components: Record<'schemas' | 'responses' | 'securitySchemes', Record<string, object>>;
};

export type Operation = {
  operationId: string;
  summary?: string;
  description?: string;
  tags: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, Media> }>;
};

export type Parameter = {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  example?: unknown;
  schema: Record<string, unknown>;
};
export type Media = { schema: Record<string, unknown>; example?: unknown };

/** The address of a server that is started without settings. */
const SERVER = 'http://127.0.0.1:3000';

export async function currentDocument(): Promise<ApiDocument> {
  const port = await freePort();
  await using services = await newServices({ PORT: String(port) });
  const http = await startHttp(services, () => undefined);
  try {
    const response = await fetch(`http://127.0.0.1:${port}/openapi.json`);
    return { ...((await response.json()) as ApiDocument), servers: [{ url: SERVER }] };
  } finally {
    await http.close();
  }
}
