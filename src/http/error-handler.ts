import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, REQUEST_PROBLEMS } from '../errors.ts';
import { badRequest, flawsOf } from './flaws.ts';
import { tooLongUrl } from './malformed.ts';
import { sendProblem } from './problem.ts';
import { troubleOf } from './trouble.ts';

/** Turns whatever a request threw into a problem response, and logs what is our fault. */
export function sendError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Problem && REQUEST_PROBLEMS.has(error.code)) return sendProblem(reply, error);
  const mistake = clientMistake(error, request);
  if (mistake) return sendProblem(reply.headers(headersOf(error)), mistake);
  if (request.raw.socket.destroyed) {
    request.log.debug({ code: error.code }, 'client disconnected');
    return reply.hijack(); // nobody reads a response
  }
  if (request.raw.destroyed && !request.raw.complete)
    return sendProblem(reply, new Problem('bad_request', { detail: 'The request was aborted.' }));
  const trouble = troubleOf(error);
  if (trouble) {
    request.log.warn({ code: trouble.code, reason: error.message }, 'request failed, to be sent again');
    return sendProblem(reply, trouble);
  }
  if (isDataException(error)) {
    request.log.warn({ err: error }, 'request refused because of a value');
    return sendProblem(reply, unusableValue());
  }
  request.log.error({ err: error }, 'request failed');
  return sendProblem(reply, internalError(request));
}

/** The problem for an error that the client can correct. */
function clientMistake(error: FastifyError | Problem, request: FastifyRequest): Problem | undefined {
  if (error instanceof Problem) return undefined;
  switch (error.code) {
    case 'FST_ERR_VALIDATION':
      return badRequest(flawsOf(request, ['params', 'querystring', 'headers', 'body']));
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new Problem('bad_request', { detail: 'The body is not valid JSON.' });
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new Problem('bad_request', { detail: 'The body is empty; it must be JSON.' });
    case 'FST_PROTO_VIOLATION':
      return new Problem('bad_request', { detail: 'A field of the form has a name that is not allowed.' });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('bad_request', { detail: 'The body has another length than Content-Length says.' });
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('payload_too_large', { detail: 'The request is too large.' });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('unsupported_media_type', {
        detail: `The content type ${request.headers['content-type']} is not supported here. ${wantedBody(request)}`,
      });
    case 'FST_ERR_BAD_URL':
      return new Problem('bad_request', {
        detail: 'The path is not valid: each % must be followed by two hexadecimal digits of UTF-8.',
      });
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return tooLongUrl();
  }
  const { statusCode = 500 } = error;
  if (statusCode === 413)
    return new Problem('payload_too_large', {
      detail: 'The form has too many or too large parts: send one file, and each option once.',
    });
  if (statusCode === 416)
    return new Problem('range_not_satisfiable', { detail: 'The range starts after the end of the file.' });
  if (statusCode === 412)
    return new Problem('precondition_failed', { detail: 'The file is not the one that If-Match names.' });
  if (statusCode >= 500) return undefined;
  request.log.info({ err: error }, 'request refused');
  return new Problem('bad_request', { detail: 'The request cannot be read.' });
}

function wantedBody({ routeOptions: { schema } }: FastifyRequest): string {
  return schema?.body === undefined
    ? 'This operation takes no body.'
    : 'Send JSON with Content-Type: application/json.';
}

/** Headers of an error response, such as `Content-Range` of a 416. */
function headersOf(error: FastifyError & { headers?: Record<string, string> }): Record<string, string> {
  return error.headers ?? {};
}

/** SQLSTATE class 22. */
function isDataException(error: FastifyError): boolean {
  return error.code?.startsWith('22') ?? false;
}

function unusableValue(): Problem {
  return new Problem('bad_request', {
    detail: 'A value of the request cannot be used: it contains a NUL, or is too large.',
  });
}

function internalError({ id }: FastifyRequest): Problem {
  return new Problem('internal_error', {
    detail: `The request failed because of a bug; the server's log has details for request ${id}.`,
  });
}
