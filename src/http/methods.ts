import type { FastifyReply, FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';
import { Problem } from '../errors.ts';

/**
 * Distinguishes 404 from 405 with `Allow` (RFC 9110, 15.5.6): a second router holds paths only, with the
 * methods of each. `onRoute` must be called for every route.
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

  /** Runs before a body is read, so that its type does not matter. @throws Problem `not_found`, `method_not_allowed` */
  async function refuseUnknownRoute(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!request.is404) return;
    const path = request.url.split('?')[0] ?? '';
    const methods = paths.find('GET', path)?.store as Set<string> | null | undefined;
    if (!methods) throw new Problem('not_found', { detail: `There is no ${request.method} ${path}.` });
    const allowed = [...methods].toSorted().join(', ');
    void reply.header('allow', allowed);
    throw new Problem('method_not_allowed', {
      detail: `${path} does not allow ${request.method}. It allows ${allowed}.`,
    });
  }
  return { onRoute, refuseUnknownRoute };
}
