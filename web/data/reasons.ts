/** Why an image failed, in the two words that fit into a frame. The whole sentences come from the API. */
const SHORT: Record<string, string> = {
  invalid_url: 'Not a link',
  row_rejected: 'Row has errors',
  address_denied: 'Not allowed',
  dns_failed: 'Unknown host',
  connect_failed: 'No connection',
  tls_failed: 'Not secure',
  download_timeout: 'Too slow',
  truncated_download: 'Broke off',
  server_error: 'Host error',
  not_found: 'Not found',
  access_denied: 'Refused',
  rate_limited: 'Host pauses',
  http_error: 'Host error',
  too_many_redirects: 'Led in circles',
  encoding_refused: 'Odd encoding',
  source_too_large: 'File too large',
  not_an_image: 'Not an image',
  unsupported_format: 'Other format',
  image_too_large: 'Too many pixels',
  truncated_image: 'Incomplete',
  corrupt_image: 'Damaged',
  placeholder_image: 'Placeholder',
  cannot_meet_max_bytes: 'Not small enough',
  cannot_meet_rule: 'Cannot be fixed',
  decode_timeout: 'Took too long',
  decode_memory: 'Too demanding',
  decoder_crashed: 'Not readable',
  file_not_found: 'No such file',
  deadline_exceeded: 'Out of time',
  worker_lost: 'Interrupted',
  internal_error: 'Our error',
};

/** An unknown code is shown as words: `too_many_redirects` as "Too many redirects". */
export function shortReason(code: string): string {
  const words = code.replaceAll('_', ' ');
  return SHORT[code] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
