export {
  Minilab,
  type AcceptedBatch,
  type Batch,
  type ClientOptions,
  type Image,
  type ImageFilter,
  type ResultFile,
  type UploadExtras,
  type UploadOptions,
  type WaitOptions,
} from './client.ts';
export { MinilabError, type ProblemCode, type ProblemEntry } from './errors.ts';
export type { UploadSource } from './form.ts';
export type { Progress } from './send.ts';
export { verifyWebhook, type VerifyOptions, type WebhookEvent, WebhookVerificationError } from './webhook.ts';
export type { components, operations, paths, webhooks } from './schema.ts';
