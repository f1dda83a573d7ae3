import { connectionLost } from '../../app/connection.ts';
import { ApiProblem, type ProblemBody, Unreachable } from '../../api/problem.ts';
import type { Upload } from '../../api/types.ts';

export type Sending = { promise: Promise<Upload>; cancel(): void };

/** Sends a whole file once. XMLHttpRequest, because fetch does not say how far an upload is. @throws ApiProblem, Unreachable */
export function sendFile(file: File, onProgress: (share: number) => void): Sending {
  const http = new XMLHttpRequest();
  const promise = new Promise<Upload>((resolve, reject) => {
    http.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress(total === 0 ? 0 : loaded / total),
    );
    http.addEventListener('load', () => {
      const body = http.response as Upload & ProblemBody;
      if (http.status >= 200 && http.status < 300) resolve(body);
      else reject(new ApiProblem(http.status, body ?? {}));
    });
    http.addEventListener('error', () => {
      connectionLost();
      reject(new Unreachable());
    });
    http.addEventListener('abort', () => reject(new DOMException('Cancelled', 'AbortError')));
  });
  http.open('POST', '/v1/uploads');
  http.responseType = 'json';
  const form = new FormData();
  form.set('file', file, file.name);
  http.send(form);
  return { promise, cancel: () => http.abort() };
}
