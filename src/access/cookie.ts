import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';

const NAME = 'minilab_session';

/** The session cookie of a request, if it has one. */
export function sessionIdOf({ headers }: FastifyRequest): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === NAME || name === `__Host-${NAME}`) return value || undefined;
  }
  return undefined;
}

/**
 * The value of `Set-Cookie`. With https, the prefix `__Host-` keeps other hosts of the domain from setting it.
 * @param id undefined removes the cookie
 */
export function sessionCookie(id: string | undefined, isSecure: boolean): string {
  const name = isSecure ? `__Host-${NAME}` : NAME;
  const end = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  return id === undefined ? `${name}=; Max-Age=0; ${end}` : `${name}=${id}; ${end}`;
}

/**
 * A browser sends cookies by itself, so a request that writes must come from a page of ours. Browsers name
 * the page in `Origin` of every request that is not GET or HEAD.
 * @throws Problem `foreign_origin`
 */
export function refuseForeignOrigin(request: FastifyRequest, publicUrl: string): void {
  const { origin } = request.headers;
  const ours = [new URL(publicUrl).origin, `${request.protocol}://${request.host}`];
  if (origin !== undefined && ours.includes(origin)) return;
  throw new Problem('foreign_origin', {
    detail:
      origin === undefined
        ? 'A request with a session cookie must have our Origin. Programs send a key in Authorization instead.'
        : `Requests from pages of "${origin}" are refused.`,
  });
}
