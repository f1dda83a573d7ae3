/** Patterns that the parts of the cell grammar share. They are sources, to be put into regular expressions. */

/** What separates slots, in any script. */
export const MARKS = ',;|，；、｜،';

export const IMAGE_NAME = String.raw`\.(?:jpe?g|jfif|png|webp|gif|avif|tiff?|bmp|svg|heic|heif|jxl|jp2|psd|ico)`;

/** The end of an image's file name, with its query. */
export const NAME_ENDS = new RegExp(String.raw`${IMAGE_NAME}(?:[?#]\S{0,200})?["')\]}>.]*$`, 'iu');

/** How many characters before a separator are searched for the end of a name. */
export const LOOK_BACK = 300;

const SCHEME = String.raw`h(?:tt|xx)ps?(?:[:：]|%3a|&#0*58;|&colon;)(?:[/\\／]|%2f|&#0*47;|&#x2f;|&sol;)+`;
const OTHER_SCHEME = String.raw`(?<![a-z\d+.-])(?:(?:s?ftps?|file|s3|gs|blob|ipfs|smb):\/\/|data:image\/)`;
const NO_SCHEME = String.raw`(?<![^\s${MARKS}"'“‘<([{=>])(?:\\?\/\\?\/(?=[\p{L}\p{N}][^\s/]{0,252}\.)|www\.(?=[\p{L}\p{N}-]{1,63}\.))`;
/** How an address begins: a scheme, also an encoded one; or `//` or `www.` behind a separator. */
export const BEGINNING = `(?:${SCHEME}|${OTHER_SCHEME}|${NO_SCHEME})`;
