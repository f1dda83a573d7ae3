/**
 * Links that shops copy from the share dialogs of file hosts lead to a page that shows the file. Each
 * function knows one host, and answers the link under which that host hands out the file itself.
 */
const DIRECT_LINK_OF = new Map<string, (link: URL) => URL | undefined>([
  ['drive.google.com', googleDrive],
  ['docs.google.com', googleDrive],
  ['dropbox.com', dropbox],
  ['www.dropbox.com', dropbox],
  ['1drv.ms', oneDrive],
  ['onedrive.live.com', oneDrive],
]);

/** The direct download link of a share link; any other link as it is. */
export function directLink(link: URL): URL {
  return DIRECT_LINK_OF.get(link.host)?.(link) ?? link;
}

/** `/file/d/ID/view`, `/open?id=ID`, `/uc?id=ID`, also behind `/a/DOMAIN` and `/u/NUMBER`. */
function googleDrive(link: URL): URL | undefined {
  const { pathname, searchParams } = link;
  const id =
    /^(?:\/a\/[^/]+)?\/file(?:\/u\/\d+)?\/d\/([\w-]+)/.exec(pathname)?.[1] ??
    (/^(?:\/a\/[^/]+)?(?:\/u\/\d+)?\/(?:open|uc)$/.test(pathname) ? searchParams.get('id') : null);
  if (!id) return undefined;
  const direct = new URL('https://drive.google.com/uc?export=download');
  direct.searchParams.set('id', id);
  // Files that were shared before 2021 need their key; `confirm` skips the page about the virus scan.
  for (const name of ['resourcekey', 'confirm']) {
    const value = searchParams.get(name);
    if (value) direct.searchParams.set(name, value);
  }
  return direct;
}

/** Links to a file: `/s/…`, `/scl/fi/…` (its `rlkey` is what grants access), and a file in a folder, `/sh/…`. */
function dropbox(link: URL): URL | undefined {
  const isFile = /^\/(s\/[^/]+|scl\/fi\/[^/]+|sh\/[^/]+\/[^/]+)\/[^/]+$/.test(link.pathname);
  if (!isFile || link.searchParams.get('raw') === '1') return undefined;
  const direct = new URL(link);
  direct.searchParams.set('dl', '1');
  return direct;
}

/** The whole link, as a token of the shares API; the code for embedding has its own way. */
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
 * Why there is a web page where an image was expected, as far as it can be told.
 * @param head the first bytes of the page
 */
export function reasonForPage(page: URL, head: Buffer): string | undefined {
  if (SIGN_IN_HOSTS.has(page.host) || (/(^|\.)dropbox\.com$/.test(page.host) && page.pathname === '/login'))
    return 'which asks for a login: share the file with anyone who has the link';
  if (!/(^|\.)google(usercontent)?\.com$/.test(page.host)) return undefined;
  const title = /<title>([^<]*)/i.exec(head.toString())?.[1] ?? '';
  if (/virus scan/i.test(title))
    return 'on which Google Drive asks for a confirmation, because it did not scan the file for viruses';
  if (/quota exceeded/i.test(title)) return 'which says that the file was downloaded too often lately';
  return undefined;
}

const SIGN_IN_HOSTS = new Set(['accounts.google.com', 'login.live.com', 'login.microsoftonline.com']);
