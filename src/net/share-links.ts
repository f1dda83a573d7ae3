/**
 * Share links of file hosts lead to a web page that shows the file. Each function turns the links of one
 * host into direct download links, and returns undefined for other links.
 */
const DIRECT_LINK_OF = new Map<string, (link: URL) => URL | undefined>([
  ['drive.google.com', googleDrive],
  ['docs.google.com', googleDrive],
  ['dropbox.com', dropbox],
  ['www.dropbox.com', dropbox],
  ['1drv.ms', oneDrive],
  ['onedrive.live.com', oneDrive],
]);

/** The direct download link of a share link. Other links are returned unchanged. */
export function directLink(link: URL): URL {
  return DIRECT_LINK_OF.get(link.host)?.(link) ?? link;
}

/** `/file/d/ID/view`, `/open?id=ID`, `/uc?id=ID`, also below `/a/DOMAIN` and `/u/NUMBER`. */
function googleDrive(link: URL): URL | undefined {
  const { pathname, searchParams } = link;
  const id =
    /^(?:\/a\/[^/]+)?\/file(?:\/u\/\d+)?\/d\/([\w-]+)/.exec(pathname)?.[1] ??
    (/^(?:\/a\/[^/]+)?(?:\/u\/\d+)?\/(?:open|uc)$/.test(pathname) ? searchParams.get('id') : null);
  if (!id) return undefined;
  const direct = new URL('https://drive.google.com/uc?export=download');
  direct.searchParams.set('id', id);
  // Files shared before 2021 need their `resourcekey`; `confirm` skips the page about the virus scan.
  for (const name of ['resourcekey', 'confirm']) {
    const value = searchParams.get(name);
    if (value) direct.searchParams.set(name, value);
  }
  return direct;
}

/** Links to a file: `/s/...`, `/scl/fi/...` (its `rlkey` grants access), and to a file in a folder, `/sh/...`. */
function dropbox(link: URL): URL | undefined {
  const isFile = /^\/(s\/[^/]+|scl\/fi\/[^/]+|sh\/[^/]+\/[^/]+)\/[^/]+$/.test(link.pathname);
  if (!isFile || link.searchParams.get('raw') === '1') return undefined;
  const direct = new URL(link);
  direct.searchParams.set('dl', '1');
  return direct;
}

/** The shares API takes the whole link as a token. Embedding links have a path of their own. */
function oneDrive(link: URL): URL | undefined {
  const { host, pathname, searchParams } = link;
  if (pathname === '/embed') return new URL(`/download${link.search}`, link);
  const isShort = host === '1drv.ms' && pathname !== '/';
  const isLong = searchParams.has('resid') || searchParams.has('id');
  if (!(isShort || isLong) || pathname === '/download') return undefined;
  const token = Buffer.from(link.href).toString('base64url');
  return new URL(`https://api.onedrive.com/v1.0/shares/u!${token}/root/content`);
}

/**
 * Why there is a web page in place of an image, as a relative clause; undefined where the page does not say.
 * @param head the first bytes of the page
 */
export function reasonForPage(page: URL, head: Buffer): string | undefined {
  if (SIGN_IN_HOSTS.has(page.host) || (/(^|\.)dropbox\.com$/.test(page.host) && page.pathname === '/login'))
    return 'which asks for a login: share the file with anyone who has the link';
  if (!/(^|\.)google(usercontent)?\.com$/.test(page.host)) return undefined;
  const title = /<title>([^<]*)/i.exec(head.toString())?.[1] ?? '';
  if (/virus scan/i.test(title))
    return 'on which Google Drive asks for a confirmation, because it did not scan the file for viruses';
  if (/quota exceeded/i.test(title)) return 'which says that the file was downloaded too often recently';
  return undefined;
}

const SIGN_IN_HOSTS = new Set(['accounts.google.com', 'login.live.com', 'login.microsoftonline.com']);
