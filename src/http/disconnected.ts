import type { ServerResponse } from 'node:http';

/** Calls back once the client has disconnected, or has its response; at once if it has done so already. */
export function onceClosed(response: ServerResponse, callback: () => void): void {
  if (response.destroyed) callback();
  else response.once('close', callback);
}
