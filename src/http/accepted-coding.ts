/**
 * The first of the codings that `Accept-Encoding` allows (RFC 9110, 12.5.3); undefined if it allows none. Without
 * the header, we send as it is.
 */
export function acceptedCoding<T extends string>(
  header: string | string[] | undefined,
  codings: readonly T[],
): T | undefined {
  const weights = new Map(
    (header ?? '')
      .toString()
      .split(',')
      .map((part): [string, number] => {
        const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
        const q = parameters.find((parameter) => parameter.startsWith('q='));
        return [coding, q === undefined ? 1 : Number(q.slice(2)) || 0];
      }),
  );
  return codings.find(
    (coding) => (weights.get(coding) ?? weights.get(`x-${coding}`) ?? weights.get('*') ?? 0) > 0,
  );
}
