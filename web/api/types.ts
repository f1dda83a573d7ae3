/** What the API answers: the names by which the page knows the types that are generated from its document. */
import type { components } from '../../packages/client/src/schema.ts';

type Schemas = components['schemas'];

export type List<T> = { items: T[]; next_cursor: string | null };
export type CountedList<T> = List<T> & Pick<Schemas['BatchPage'], 'counts_by_state'>;

/** Of the list; the status of one has more, which a page that has only the list does without. */
export type Batch = Schemas['Batch'] & Partial<Schemas['BatchStatus']>;
export type BatchState = Batch['state'];
export type Counts = Schemas['Counts'];

/** A frame of the contact sheet. */
export type SheetImage = Schemas['SheetImage'];
export type ImageState = SheetImage['state'];
export type Rendition = Schemas['Rendition'];
export type Image = Schemas['ImageDetails'];
export type Sibling = Image['siblings'][number];

/** The failed images of a batch with the same code. */
export type FailureGroup = Schemas['FailureGroup'];
export type FailedImage = Pick<Image, 'id' | 'slot' | 'row' | 'position' | 'source_url'> & {
  product?: SheetImage['product'] | undefined;
};

export type Session = Schemas['Session'];
export type Scope = Session['scope'];
export type Usage = Schemas['Usage'];
export type AuditEntry = Schemas['AuditEntry'];
export type ApiKey = Schemas['Key'] & Partial<Schemas['NewKey']>;

/** The secret is in the answers that show it once. */
export type Endpoint = Schemas['WebhookEndpoint'] & Partial<Schemas['WebhookEndpointWithSecret']>;
export type Delivery = Schemas['Delivery'];
export type DeliveryDetail = Schemas['DeliveryDetails'];
export type DeliveryPage = Schemas['DeliveryPage'];
export type InboxMessage = Schemas['InboxMessage'];
export type InboxPage = Schemas['InboxMessagePage'];

export type Host = Schemas['Host'];
export type HostPage = Schemas['HostPage'];

/** The document leaves open what a rendition of a stored preset has: these are the fields that the page shows. */
export type RenditionSpec = {
  name: string;
  fit: 'inside' | 'cover' | 'contain' | 'object';
  width: number | null;
  height: number | null;
  format: 'jpeg' | 'mozjpeg' | 'png' | 'webp' | 'avif';
  quality: number | null;
  background: string;
  max_bytes: number | null;
  trim: boolean;
  sharpen: boolean;
  animated: boolean;
  keep_credit: boolean;
} & SettingsOfFits;
/** Those that only one fit has. */
type SettingsOfFits = {
  [K in 'position' | 'fill' | 'enlarge' | 'min_width' | 'whiten' | 'on_unmet']?:
    | Schemas['RenditionInput'][K]
    | undefined;
};
export type Preset = Omit<Schemas['Preset'], 'renditions'> & { renditions: RenditionSpec[] };

export type Upload = Schemas['Upload'];
export type Preview = Schemas['Preview'];
export type Column = Preview['column_list'][number];
export type ShownRow = Preview['rows_shown'][number];
export type RowProblem = ShownRow['problems'][number];
export type Probe = Preview['probes'][number];

export type Channel = Schemas['Channel'];
export type CheckSummary = Schemas['CheckSummary'];
export type CheckedRule = CheckSummary['rules'][number];
export type VerdictWord = keyof CheckSummary['images'];

export type SamePictures = Schemas['SamePictures'];
export type SamePicture = Schemas['SamePicture'];
export type MarkedPicture = Schemas['MarkedPicture'];
