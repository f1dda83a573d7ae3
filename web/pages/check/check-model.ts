import { batch, signal } from '@preact/signals';
import { ApiProblem, problemOf, Unreachable } from '../../api/problem.ts';
import { request } from '../../api/request.ts';
import type { Batch, Preview, Upload } from '../../api/types.ts';
import { connectionLost } from '../../app/connection.ts';
import { setQuery } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { Mapping } from './mapping.ts';
import { type Sending, sendFile } from './send-file.ts';

/** Enough for columns and rows to stand there at once. */
const FIRST_BYTES = 256 * 1024;
const PROBED = 20;

export type Options = {
  name: string;
  preset: string;
  mainPreset: string;
  callback: string;
  template: string;
  force: boolean;
};

/** A file on its way from the drop to a batch: its first rows are checked at once, then all of it while it is kept. */
export class Check {
  readonly name = signal('');
  readonly bytes = signal(0);
  readonly preview = signal<Preview | undefined>(undefined);
  /** whether the preview is of the whole file */
  readonly isWhole = signal(false);
  /** a share of the file that is sent, 0 to 1; undefined: nothing is being sent */
  readonly sent = signal<number | undefined>(undefined);
  readonly sentSince = signal(0);
  readonly problem = signal<Error | undefined>(undefined);
  readonly isReading = signal(false);
  readonly upload = signal<Upload | undefined>(undefined);
  readonly probes = signal<Preview['probes'] | undefined>(undefined);
  readonly mapping = new Mapping(this.preview);
  /** the sheet of a workbook that somebody has chosen */
  readonly sheet = signal<string | undefined>(undefined);
  readonly #file: File | undefined;
  #sending: Sending | undefined;
  #reading = 0;
  /** one attempt to make a batch, however often it is sent */
  #idempotencyKey = crypto.randomUUID();

  constructor(file: File | undefined) {
    this.#file = file;
    if (!file) return;
    this.name.value = file.name;
    this.bytes.value = file.size;
  }

  async start(uploadId: string | undefined): Promise<void> {
    if (this.#file) {
      void this.#readFirst(this.#file);
      await this.send();
    } else if (uploadId !== undefined) await this.#resume(uploadId);
  }

  /** Sends the file, or sends it again after the connection was cut. A key that may only look sends no file: its begin is checked. */
  async send(): Promise<void> {
    if (!this.#file || !may('write')) return;
    this.problem.value = undefined;
    this.sent.value = 0;
    this.sentSince.value = Date.now();
    this.#sending = sendFile(this.#file, (share) => (this.sent.value = share));
    try {
      const upload = await this.#sending.promise;
      this.upload.value = upload;
      setQuery({ upload: upload.upload_id });
      await this.read();
    } catch (error) {
      if ((error as Error).name !== 'AbortError') this.problem.value = error as Error;
    } finally {
      this.sent.value = undefined;
    }
  }

  cancel(): void {
    this.#sending?.cancel();
  }

  /** Gives a column a role, and checks the file again. */
  choose(index: number, role: string | null): void {
    this.mapping.choose(index, role);
    void this.read();
  }

  /** Reads another sheet of a workbook, which has columns of its own. */
  chooseSheet(name: string): void {
    this.sheet.value = name;
    this.mapping.forget();
    void this.read();
  }

  /** Checks what has arrived with the present mapping, unless it says that nothing is to be made. */
  async read(): Promise<void> {
    if (this.mapping.isWithoutImages()) {
      this.#reading += 1; // an answer that is on its way is about another mapping
      this.isReading.value = false;
      return;
    }
    const upload = this.upload.peek();
    if (upload) await this.#ask({ upload: upload.upload_id }, true);
    else if (this.#file) await this.#readFirst(this.#file);
  }

  async probe(): Promise<void> {
    const form = this.#form({ upload: this.upload.peek()?.upload_id, probe: String(PROBED) });
    this.probes.value = (await post<Preview>('/v1/batches/preview', form)).probes;
  }

  /** Makes the batch. @throws ApiProblem, Unreachable */
  async make({ name, preset, mainPreset, callback, template, force }: Options): Promise<Batch> {
    const form = this.#form({
      upload: this.upload.peek()?.upload_id,
      name,
      preset,
      main_preset: mainPreset,
      callback_url: callback,
      name_template: template,
      force: force ? 'true' : undefined,
      on_invalid: (this.preview.peek()?.bad_rows ?? 0) > 0 ? 'skip' : undefined,
    });
    try {
      const made = await post<Batch>('/v1/batches', form, { 'idempotency-key': this.#idempotencyKey });
      this.#idempotencyKey = crypto.randomUUID();
      return made;
    } catch (error) {
      throw this.#explained(error as Error);
    }
  }

  /** What it means that no batch was made, or that nobody knows whether one was. */
  #explained(error: Error): Error {
    if (error instanceof Unreachable)
      return new Error('No answer came. Press again: however often it is sent, the batch is made once.');
    if (!(error instanceof ApiProblem)) return error;
    if (error.code === 'idempotency_key_reused') {
      this.#idempotencyKey = crypto.randomUUID();
      return new Error(
        'The batch was made before, with the options of then: it is among the batches. Press again to make another.',
      );
    }
    if (isGone(error)) this.#forget(error);
    return error;
  }

  /** The server has the file no more: it has to be sent again. */
  #forget(problem: ApiProblem): void {
    this.upload.value = undefined;
    this.problem.value = problem;
  }

  /** Of a workbook there is no first part: it is checked when all of it is there. */
  async #readFirst(file: File): Promise<void> {
    if (file.size > FIRST_BYTES && (await isZip(file))) {
      if (!may('write')) await this.#ask({}, true, file);
      return;
    }
    const first = new File([file.slice(0, FIRST_BYTES)], file.name);
    await this.#ask(
      { partial: file.size > FIRST_BYTES ? 'true' : undefined },
      file.size <= FIRST_BYTES,
      first,
    );
  }

  async #ask(fields: Record<string, string | undefined>, isWhole: boolean, file?: File): Promise<void> {
    this.#reading += 1;
    const turn = this.#reading;
    this.isReading.value = true;
    try {
      const preview = await post<Preview>('/v1/batches/preview', this.#form(fields, file));
      if (turn !== this.#reading) return; // a newer question is on its way
      batch(() => {
        this.preview.value = preview;
        this.isWhole.value = isWhole;
        this.problem.value = undefined;
        if (this.mapping.learn(preview)) say('Columns with the same name have the same role');
      });
    } catch (error) {
      if (turn !== this.#reading) return;
      if (fields['upload'] !== undefined && isGone(error)) this.#forget(error);
      else this.problem.value = error as Error;
    } finally {
      if (turn === this.#reading) this.isReading.value = false;
    }
  }

  async #resume(uploadId: string): Promise<void> {
    try {
      const upload = await request<Upload>(`/v1/uploads/${encodeURIComponent(uploadId)}`);
      batch(() => {
        this.upload.value = upload;
        this.name.value = upload.name;
        this.bytes.value = upload.bytes;
      });
      await this.read();
    } catch (error) {
      this.problem.value = error as Error;
    }
  }

  /** The options that say how the file is to be read. */
  reading(): Record<string, string | undefined> {
    return { columns: this.mapping.columns(), sheet: this.sheet.value };
  }

  #form(fields: Record<string, string | undefined>, file?: File): FormData {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...this.reading(), ...fields }))
      if (value !== undefined && value !== '') form.set(name, value);
    if (file) form.set('file', file, file.name);
    return form;
  }
}

/** Whether a kept file has expired or was removed. */
export function isGone(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem && (error.status === 410 || error.status === 404);
}

async function post<T>(path: string, body: FormData, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(path, { method: 'POST', body, headers }).catch(() => {
    connectionLost();
    throw new Unreachable();
  });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

/** Whether a file begins as a ZIP does, which a workbook is too. */
async function isZip(file: File): Promise<boolean> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0x50 && second === 0x4b; // PK
}
