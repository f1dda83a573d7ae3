import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';

const NAME = 'minilab_session';

/** The id in the session cookie of a request, if it has one. */
export function sessionIdOf(request: FastifyRequest, publicUrl: string): string | undefined {
  const expected = nameOf(request, publicUrl);
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === expected) return value || undefined;
  }
  return undefined;
}

/** With https, a prefix that keeps other hosts of the domain from setting the cookie. */
function nameOf(request: FastifyRequest, publicUrl: string): string {
  return isSecure(request, publicUrl) ? `__Host-${NAME}` : NAME;
}

function isSecure({ protocol }: FastifyRequest, publicUrl: string): boolean {
  return protocol === 'https' || publicUrl.startsWith('https:');
}

/** The value of `Set-Cookie`. @param id undefined removes the cookie */
export function sessionCookie(request: FastifyRequest, publicUrl: string, id: string | undefined): string {
  const name = nameOf(request, publicUrl);
  const end = `Path=/; HttpOnly; SameSite=Strict${isSecure(request, publicUrl) ? '; Secure' : ''}`;
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
