import type { FastifyReply, FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';
import { Problem } from '../errors.ts';

/**
 * Tells what is not there from what is not done there: 404, or 405 with `Allow` (RFC 9110, 15.5.6).
 * A router of the paths alone knows which methods each has; it must hear of a route as it is made.
 */
export function createRouteFinder(routerOptions: { ignoreTrailingSlash: boolean }) {
  const paths = findMyWay({ ...routerOptions, maxParamLength: Number.MAX_SAFE_INTEGER });
  const methodsOf = new Map<string, Set<string>>();

  function onRoute({ url, method }: { url: string; method: string | string[] }): void {
    let methods = methodsOf.get(url);
    if (!methods) {
      methods = new Set();
      methodsOf.set(url, methods);
      paths.on('GET', url, () => {}, methods);
    }
    for (const one of [method].flat()) methods.add(one);
  }

  /** Before a body is read: of what type it is does not matter then. @throws Problem `not_found`, `method_not_allowed` */
  async function refuseUnknownRoute(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!request.is404) return;
    const path = request.url.split('?')[0] ?? '';
    const methods = paths.find('GET', path)?.store as Set<string> | null | undefined;
    if (!methods) throw new Problem('not_found', { detail: `There is no ${request.method} ${path}.` });
    const allowed = [...methods].toSorted().join(', ');
    void reply.header('allow', allowed);
    throw new Problem('method_not_allowed', {
      detail: `${path} does not take ${request.method}. It takes ${allowed}.`,
    });
  }
  return { onRoute, refuseUnknownRoute };
}
