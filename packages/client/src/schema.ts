// Made from docs/openapi.json by `npm run openapi`.

export type paths = {
    "/files/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A rendition; the content under a key never changes
         * @description A name may follow the key: /files/{token}/{hash16}/{file}/{name}. The thumbnail 240.webp of a set without a rendition of 200 to 400 pixels is made when it is requested first.
         */
        get: operations["getFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Liveness */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Liveness */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Readiness: database, storage, worker */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The audit log, newest first: which key did what to which object */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Batches, newest first */
        get: operations["listBatches"];
        put?: never;
        /**
         * Upload a CSV
         * @description As multipart/form-data with the part `file` and the options as fields in any order, or as text/csv with the options in the query. Instead of a file, `upload` may name one that POST /v1/uploads has kept. Either the whole upload is stored and work begins, or nothing is stored and all errors are listed.
         */
        post: operations["createBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Status of a batch */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        /**
         * Delete a batch that has ended
         * @description Files that no other batch refers to are deleted within seconds; many files take minutes.
         */
        delete: operations["deleteBatch"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel the images of a batch that have not ended
         * @description Workers drop the images that they are processing within seconds. Images that have ended stay as they are.
         */
        post: operations["cancelBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many images meet the rules of a channel, and which rules they do not meet
         * @description Judges what was measured when the images were processed: nothing is downloaded. A rule about something that was not measured is unknown, never passed. See docs/check.md.
         */
        get: operations["getBatchCheck"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/check.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A line for each image: its verdict, the rules that it does not meet, and its measures
         * @description Judges what was measured when the images were processed: nothing is downloaded. A rule about something that was not measured is unknown, never passed. See docs/check.md.
         */
        get: operations["getBatchCheckCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/check.ndjson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A line of JSON for each image: its verdict by every rule, and its measures
         * @description Judges what was measured when the images were processed: nothing is downloaded. A rule about something that was not measured is unknown, never passed. See docs/check.md.
         */
        get: operations["getBatchCheckNdjson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Progress of a batch, as server-sent events
         * @description Events: `progress`, `slots`, `image` (a failure), `images_left_out`, `reset` and `done`; see docs/progress.md. The stream ends with the round of the batch.
         */
        get: operations["getBatchEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/failed.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rows with errors or failed images as uploaded, to be corrected and uploaded again
         * @description Encoding, line ends, cells and formulas are those of the upload. Upload it with the same options. With `code` or `host`: only rows with such a failed image.
         */
        get: operations["getBatchFailedCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/failures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The failed images of a batch by error code, with what to do, most frequent first */
        get: operations["listBatchFailures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/find": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where a row, SKU, product name or source URL is in a batch
         * @description A row number, an exact SKU and an exact URL are found at once, and come first. Then rows whose SKU, product name or, if `q` holds a dot or a slash, source URL contains `q` in any case. Of a large batch each request searches a part: go on while there is a `next_cursor`, also after a page without items.
         */
        get: operations["listBatchFind"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Images of a batch, by slot
         * @description With `channel`, at most 10,000 images are looked at for a page, which may then be short or empty: go on while there is a `next_cursor`.
         */
        get: operations["listBatchImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/images.zip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A ZIP of the renditions under their names, and of the CSV with these names */
        get: operations["getBatchImagesZip"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/manifest.ndjson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Provenance: one line of JSON per rendition, and per image without one */
        get: operations["getBatchManifestNdjson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/output.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The CSV with the URLs of the outputs that exist by now, each in the slot of its source */
        get: operations["getBatchOutputCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/output.ndjson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The table of output.csv as lines of JSON: an object per product
         * @description The cells of output.csv as strings, by the names of its columns. A name that occurs again gets a number (`Image`, `Image_2`), and a column without a name is `column_3`.
         */
        get: operations["getBatchOutputNdjson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/output.xlsx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The table of output.csv as a workbook
         * @description One sheet of text: SKUs keep their zeros, and no cell is a formula. It is written whole before its first byte is sent. 409 where the table does not fit: at most 1,048,575 products, and 32,767 characters a cell.
         */
        get: operations["getBatchOutputXlsx"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry the failed images of a batch
         * @description Begins the next round of a batch that has ended. The round has an event of its own. With `when_ended`, a batch that still runs is answered as it is, and its next round begins within seconds of its end; several requests add up. Cancelling the batch drops them.
         */
        post: operations["retryBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/same-pictures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Pictures that occur more than once in a batch, biggest groups first
         * @description Pictures that occur more than once in a batch: the same bytes, or the same look. They are found after the end of each round. See docs/check.md.
         */
        get: operations["listBatchSamePictures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/same-pictures.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A line for each image of the pictures that occur more than once
         * @description Pictures that occur more than once in a batch: the same bytes, or the same look. They are found after the end of each round. See docs/check.md.
         */
        get: operations["getBatchSamePicturesCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/sheet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Images of a batch for a contact sheet, by slot
         * @description The same images as /images with less of each, its product, and a small picture. With `channel`, at most 10,000 images are looked at for a page, which may then be short or empty: go on while there is a `next_cursor`.
         */
        get: operations["listBatchSheet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The states of all images, one byte for each slot
         * @description 0 pending, 1 processing, 2 completed, 3 failed, 4 cancelled. The header `Last-Event-ID` is for `since` of the events: what changed after these states.
         */
        get: operations["getBatchStates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** How an upload would be read, and everything that is wrong with it. Nothing is stored */
        post: operations["previewBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All channels with their rules: the built-in ones, then your own */
        get: operations["listChannels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/channels/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One channel */
        get: operations["getChannel"];
        /**
         * Add or replace your own channel
         * @description Checks use it as it is when they are made.
         */
        put: operations["putChannel"];
        post?: never;
        /** Remove your own channel */
        delete: operations["deleteChannel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List deliveries to all webhook endpoints, newest first */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One delivery with its body and every attempt */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery again
         * @description Now, with the same id and body, to today's URL and signed with today's secret, whatever its state. If it fails, the schedule of retries begins again. Of a delivery that waits for its next attempt, that attempt is made now.
         */
        post: operations["redeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/example.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A CSV to try the service with, if the server has one (EXAMPLE_CSV) */
        get: operations["getExampleCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Limits and health of all hosts, by name */
        get: operations["listHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Limits and health of a host */
        get: operations["getHost"];
        /**
         * Set the ceiling, a hold or request headers of a host
         * @description Fields that are left out stay as they are. The host may be one without downloads so far. `headers` needs a key of scope `admin`.
         */
        put: operations["putHost"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Images with a source URL in all batches, newest first */
        get: operations["listImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One image: its status, its product, its tries */
        get: operations["getImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/{id}/before": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The source of a completed image as its host has it now
         * @description Downloaded again, like any image, and made into a WebP without metadata. Kept for an hour. 409 `source_changed` if the host has another file by now; 502 `source_unavailable` if it cannot be had, with the reason in `errors`; 503 `busy` if the host has no room, or too many pictures are being made.
         */
        get: operations["getImageBefore"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API keys of the tenant, newest first */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create an API key
         * @description The first key of a server closes it: from then on, every request needs a key, within 5 seconds.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description Every process refuses it within 5 seconds, and its sessions end.
         */
        delete: operations["deleteKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pictures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List marked pictures, newest first */
        get: operations["listPictures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pictures/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One marked picture */
        get: operations["getPicture"];
        /**
         * Mark a picture as a placeholder, or as allowed
         * @description It holds for images that are processed from now on, in all batches; those that have ended stay as they are. A tenant may mark 1,000 pictures.
         */
        put: operations["putPicture"];
        post?: never;
        /**
         * Remove a mark
         * @description Images that failed because of it are made when they are retried.
         */
        delete: operations["deletePicture"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/presets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All presets: the built-in ones, then your own */
        get: operations["listPresets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/presets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One preset */
        get: operations["getPreset"];
        /**
         * Add or replace your own preset
         * @description Batches that were accepted before keep the old one.
         */
        put: operations["putPreset"];
        post?: never;
        /** Remove your own preset */
        delete: operations["deletePreset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/presets/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The file that a rendition of a preset makes of a picture. Nothing is stored
         * @description Made by a decoder, as in a batch; `Server-Timing` says how long that took. A preview may take 30 s and 32 MiB. 422 `preset_invalid`: the rendition has errors, each with its JSON pointer; 422 `preview_failed`: the picture cannot be made, with the code that an image would fail with in `errors`; 503 `busy` if too many pictures are being made.
         */
        post: operations["previewPreset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Products with a SKU in all batches, newest batch first */
        get: operations["listProducts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description Of the key or the session cookie of the request.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with an API key
         * @description Answers with a cookie (HttpOnly, SameSite=Strict) that stands for the key: for 12 hours after its last use, 7 days at most, and no longer than the key is valid. With the cookie, a request that changes something needs an Origin of this server.
         */
        post: operations["createSession"];
        /** Sign out */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Kept uploads, newest first */
        get: operations["listUploads"];
        put?: never;
        /**
         * Keep a CSV for an hour, to preview it and to make a batch of it without sending it again
         * @description As multipart/form-data with the part `file`, or as text/csv with `name` in the query. The file is not read as a CSV. A tenant may keep 20 uploads, with the bytes of five of the largest.
         */
        post: operations["createUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A kept upload */
        get: operations["getUpload"];
        put?: never;
        post?: never;
        /** Remove a kept upload now. Batches that were made of it stay */
        delete: operations["deleteUpload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}/errors.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rows of a kept upload that have errors, to be corrected and uploaded again
         * @description With the lines above the first product, byte for byte as uploaded, formulas included: do not open it in a spreadsheet if you do not trust the cells. Upload it with the same options.
         */
        get: operations["getUploadErrorsCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The limits of the tenant, and what it uses of them */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhook endpoints, newest first
         * @description Also WEBHOOK_URL and the callback_url of batches, which are read-only.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Register a webhook endpoint
         * @description The answer has the secret, which is never shown again.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One webhook endpoint */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /** Delete a webhook endpoint with its deliveries */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook endpoint
         * @description Fields that are left out stay as they are. To enable an endpoint, or to give it another URL, forgets its failures. Deliveries that wait go to the new URL.
         */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List deliveries to a webhook endpoint, newest first */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the failed deliveries of a webhook endpoint again
         * @description Those that were given up or wait after a failed attempt, created at `since` or later; at most 10,000 at a time. Deliveries that are due already are not sent twice.
         */
        post: operations["replayWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret of a webhook endpoint
         * @description The answer has the new secret, which is never shown again. The old one signs along for 24 hours: each request has both signatures. The same with the keys of v1a.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a webhook.test event to an endpoint
         * @description Like any other event, with retries. `GET /v1/deliveries/{id}` shows how it went.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/inbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List received messages, newest first */
        get: operations["listInboxMessages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/inbox/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a webhook
         * @description Signed according to Standard Webhooks, or with X-Hub-Signature-256. Messages are deduplicated by id. No API key is needed.
         */
        post: operations["receiveInboxMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/inbox/{source}/{message}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One received message
         * @description An id longer than 200 characters is found in the list only.
         */
        get: operations["getInboxMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The live workers of all machines
         * @description Workers that were heard within 30 seconds, by machine. They work for all tenants.
         */
        get: operations["getWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
};
export type webhooks = {
    "batch.cancelled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A batch was cancelled */
        post: operations["onBatchCancelled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "batch.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** All images of a batch are completed */
        post: operations["onBatchCompleted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "batch.completed_with_errors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A batch has ended, and some of its rows or images failed */
        post: operations["onBatchCompletedWithErrors"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "batch.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A batch has ended, and none of its images is completed */
        post: operations["onBatchFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "batch.progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Another tenth of the images of a batch has ended */
        post: operations["onBatchProgress"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "batch.started": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A round of a batch has begun: its first image is in work, or a retry began it */
        post: operations["onBatchStarted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.delivery_exhausted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A delivery to another endpoint was given up */
        post: operations["onWebhookDeliveryExhausted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.endpoint_disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Another endpoint was disabled, because it answered 410 or failed for five days */
        post: operations["onWebhookEndpointDisabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A test that somebody asked for */
        post: operations["onWebhookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
};
export type components = {
    schemas: {
        AcceptedBatch: {
            apparel: boolean | null;
            /** @description Bytes of the sources */
            bytes_in: number;
            /** @description Bytes of the renditions */
            bytes_out: number;
            /** @description `bytes_in` less `bytes_out`, never below 0 */
            bytes_saved: number;
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            created_at: string;
            /** @description How long a round retries failed images */
            deadline_hours: number;
            ended_at: string | null;
            errors_by_code: {
                [key: string]: number;
            };
            eta_seconds: number | null;
            id: string;
            images_per_second: number | null;
            /** @description The images that were completed last, newest first; only in the list of batches, with `latest` in the query */
            latest?: components["schemas"]["LatestImage"][];
            links: components["schemas"]["BatchLinks"];
            main_preset: string | null;
            name: string;
            /** @description The share of images that have ended */
            percent: number;
            /**
             * @description Whether images that are marked placeholders fail, or are made and told
             * @enum {string}
             */
            placeholders: "fail" | "warn";
            preset: string;
            products: number;
            /** @description Rows with errors, left out because of on_invalid=skip */
            rejected_rows: number;
            /** @description Whether a retry with when_ended=true begins the next round when this one has ended */
            retry_planned: boolean;
            /** @description Completed images that needed no new files: they were made before, or for another image of the batch with the same URL */
            reused: number;
            /** @description From 1; each retry of the batch begins the next one */
            round: number;
            row_error_count: number;
            row_errors: components["schemas"]["Flaw"][];
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "processing" | "completed" | "completed_with_errors" | "failed" | "cancelled";
            warning_count: number;
            warnings: components["schemas"]["Flaw"][];
            webhook: components["schemas"]["LastDelivery"] | null;
            /** @description With callback_url: the secret that verifies its webhook. It is shown only in this response */
            webhook_secret?: string;
            /** @description About how large images.zip is now; files of images that repeat a URL are not counted */
            zip_bytes: number;
        };
        Attempt: {
            /**
             * Format: date-time
             * @description When it was recorded
             */
            at: string;
            /** @description From 1 */
            attempt: number;
            duration_ms: number;
            error: string | null;
            request: {
                headers: {
                    [key: string]: string;
                };
                url: string | null;
            };
            response: {
                /** @description The first 16 KiB */
                body: string;
                /** @description The first 40 */
                headers: {
                    [key: string]: string;
                };
            };
            status: number | null;
        };
        AuditEntry: {
            /**
             * @description Such as `batch.create`; docs/audit.md lists all
             * @example batch.create
             */
            action: string;
            /** @description `key`: a request with an API key or its session; `local`: a request without one, from the machine itself; `command_line`; `settings`: a process, from its environment */
            actor: string;
            address: string | null;
            /** Format: date-time */
            at: string;
            details: {
                [key: string]: unknown;
            };
            id: string;
            key: {
                id: string;
                name: string;
            } | null;
            object: {
                id: string | null;
                type: string;
            };
            request_id: string | null;
            /** @description Of the response; 403: the key did not allow the action */
            status: number | null;
        };
        AuditEntryPage: {
            items: components["schemas"]["AuditEntry"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        Batch: {
            apparel: boolean | null;
            /** @description Bytes of the sources */
            bytes_in: number;
            /** @description Bytes of the renditions */
            bytes_out: number;
            /** @description `bytes_in` less `bytes_out`, never below 0 */
            bytes_saved: number;
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            created_at: string;
            /** @description How long a round retries failed images */
            deadline_hours: number;
            ended_at: string | null;
            errors_by_code: {
                [key: string]: number;
            };
            eta_seconds: number | null;
            id: string;
            images_per_second: number | null;
            /** @description The images that were completed last, newest first; only in the list of batches, with `latest` in the query */
            latest?: components["schemas"]["LatestImage"][];
            links: components["schemas"]["BatchLinks"];
            main_preset: string | null;
            name: string;
            /** @description The share of images that have ended */
            percent: number;
            /**
             * @description Whether images that are marked placeholders fail, or are made and told
             * @enum {string}
             */
            placeholders: "fail" | "warn";
            preset: string;
            products: number;
            /** @description Rows with errors, left out because of on_invalid=skip */
            rejected_rows: number;
            /** @description Whether a retry with when_ended=true begins the next round when this one has ended */
            retry_planned: boolean;
            /** @description Completed images that needed no new files: they were made before, or for another image of the batch with the same URL */
            reused: number;
            /** @description From 1; each retry of the batch begins the next one */
            round: number;
            row_error_count: number;
            row_errors: components["schemas"]["Flaw"][];
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "processing" | "completed" | "completed_with_errors" | "failed" | "cancelled";
            warning_count: number;
            warnings: components["schemas"]["Flaw"][];
            webhook: components["schemas"]["LastDelivery"] | null;
            /** @description About how large images.zip is now; files of images that repeat a URL are not counted */
            zip_bytes: number;
        };
        BatchLinks: {
            /** @description POST */
            cancel: string;
            /** @description Deliveries of its webhooks */
            deliveries: string;
            failed_csv: string;
            images: string;
            images_zip: string;
            manifest: string;
            output_csv: string;
            /** @description POST */
            retry: string;
            self: string;
        };
        BatchPage: {
            /** @description With counts=true: how many batches the list has in each state, whatever `state` says */
            counts_by_state?: {
                cancelled: number;
                completed: number;
                completed_with_errors: number;
                failed: number;
                pending: number;
                processing: number;
            };
            items: components["schemas"]["Batch"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        BatchStatus: {
            apparel: boolean | null;
            /** @description Bytes of the sources */
            bytes_in: number;
            /** @description Bytes of the renditions */
            bytes_out: number;
            /** @description `bytes_in` less `bytes_out`, never below 0 */
            bytes_saved: number;
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            created_at: string;
            /** @description How long a round retries failed images */
            deadline_hours: number;
            ended_at: string | null;
            errors_by_code: {
                [key: string]: number;
            };
            eta_seconds: number | null;
            /** @description Hosts on hold that images of the batch wait for; the 20 with the most */
            held: {
                host: string;
                /** @description Different images that wait for it; counted up to 10,000 */
                images: number;
                /** Format: date-time */
                until: string;
            }[];
            id: string;
            images_per_second: number | null;
            /** @description The images that were completed last, newest first; only in the list of batches, with `latest` in the query */
            latest?: components["schemas"]["LatestImage"][];
            links: components["schemas"]["BatchLinks"];
            main_preset: string | null;
            name: string;
            /** @description The share of images that have ended */
            percent: number;
            /**
             * @description Whether images that are marked placeholders fail, or are made and told
             * @enum {string}
             */
            placeholders: "fail" | "warn";
            preset: string;
            products: number;
            /** @description Images per second in each 3 s of the last 2 minutes, oldest first; empty when the batch has ended */
            rates: number[];
            /** @description Rows with errors, left out because of on_invalid=skip */
            rejected_rows: number;
            /** @description Whether a retry with when_ended=true begins the next round when this one has ended */
            retry_planned: boolean;
            /** @description Completed images that needed no new files: they were made before, or for another image of the batch with the same URL */
            reused: number;
            /** @description From 1; each retry of the batch begins the next one */
            round: number;
            row_error_count: number;
            row_errors: components["schemas"]["Flaw"][];
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "processing" | "completed" | "completed_with_errors" | "failed" | "cancelled";
            warning_count: number;
            warnings: components["schemas"]["Flaw"][];
            webhook: components["schemas"]["LastDelivery"] | null;
            /** @description About how large images.zip is now; files of images that repeat a URL are not counted */
            zip_bytes: number;
        };
        /** @description Events are sent as they were written: those that an earlier version wrote lack the fields that were added since */
        BatchSummary: {
            /** @description Bytes of the sources */
            bytes_in: number;
            /** @description Bytes of the renditions */
            bytes_out: number;
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            created_at: string;
            ended_at: string | null;
            errors_by_code: {
                [key: string]: number;
            };
            id: string;
            links: components["schemas"]["BatchLinks"];
            name: string;
            /** @description The share of images that have ended */
            percent: number;
            products: number;
            /** @description Completed images that needed no new files: they were made before, or for another image of the batch with the same URL */
            reused: number;
            /** @description From 1; each retry of the batch begins the next one */
            round: number;
            /** @enum {string} */
            state: "pending" | "processing" | "completed" | "completed_with_errors" | "failed" | "cancelled";
        };
        Channel: {
            /** @description Cannot be changed */
            built_in: boolean;
            name: string;
            rules: components["schemas"]["ChannelRule"][];
            title: string;
        };
        ChannelInput: {
            rules: components["schemas"]["ChannelRuleInput"][];
            /** @description Default: its name */
            title?: string;
        };
        ChannelRule: {
            at_least?: number;
            at_most?: number;
            /**
             * @description Only of apparel. Where the category is unknown, a must is a should, and a should is left out
             * @enum {string}
             */
            category?: "apparel";
            /** @description For background_white: the darkest background that is white enough. Default: #ffffff */
            colour?: string;
            from?: string;
            /** @enum {string} */
            level: "must" | "should";
            /** @enum {string} */
            of?: "both_sides" | "longer_side" | "width" | "height" | "object_both_sides" | "object_longer_side";
            one_of?: (string | number)[];
            /** @description For aspect: width / height */
            ratio?: number;
            /** @enum {string} */
            rule: "min_sides" | "max_sides" | "max_pixels" | "min_bytes" | "max_bytes" | "format" | "aspect" | "background_white" | "plain" | "fill" | "cut_off" | "not_empty" | "not_transparent" | "jpeg_quality" | "colour_space" | "not_moving" | "url_https" | "url_port" | "url_no_query" | "url_extension" | "url_ascii" | "url_length" | "placeholder" | "twice" | "maybe_enlarged";
            /** @enum {string} */
            slots: "all" | "main";
            source?: components["schemas"]["RuleSource"];
            until?: string;
            /** @description For aspect: how far from it, as a share */
            within?: number;
        };
        ChannelRuleInput: {
            at_least?: number;
            at_most?: number;
            /**
             * @description Only of apparel. Where the category is unknown, a must is a should, and a should is left out
             * @enum {string}
             */
            category?: "apparel";
            /** @description For background_white: the darkest background that is white enough. Default: #ffffff */
            colour?: string;
            from?: string;
            /**
             * @description must: it fails. should: it warns
             * @default must
             * @enum {string}
             */
            level: "must" | "should";
            /**
             * @description For min_sides and max_sides
             * @enum {string}
             */
            of?: "both_sides" | "longer_side" | "width" | "height" | "object_both_sides" | "object_longer_side";
            one_of?: (string | number)[];
            /** @description For aspect: width / height */
            ratio?: number;
            /** @enum {string} */
            rule: "min_sides" | "max_sides" | "max_pixels" | "min_bytes" | "max_bytes" | "format" | "aspect" | "background_white" | "plain" | "fill" | "cut_off" | "not_empty" | "not_transparent" | "jpeg_quality" | "colour_space" | "not_moving" | "url_https" | "url_port" | "url_no_query" | "url_extension" | "url_ascii" | "url_length" | "placeholder" | "twice" | "maybe_enlarged";
            /**
             * @description main: the image at position 1 only
             * @default all
             * @enum {string}
             */
            slots: "all" | "main";
            source?: components["schemas"]["RuleSource"];
            until?: string;
            /** @description For aspect: how far from it, as a share */
            within?: number;
        };
        CheckSummary: {
            /** @description The day whose rules hold */
            as_of: string;
            channel: string;
            images: {
                fail: number;
                pass: number;
                /** @description Not downloaded, failed, or not measured */
                unknown: number;
                warn: number;
            };
            not_judged: string[];
            /** @enum {string} */
            of: "source" | "output";
            /** @description Whether its pictures are still to be compared with each other, for the rules placeholder and twice */
            pending: boolean;
            /** @description With of=output: the names of the renditions that were checked */
            renditions: string[];
            rules: {
                at_least?: number;
                at_most?: number;
                /**
                 * @description Only of apparel. Where the category is unknown, a must is a should, and a should is left out
                 * @enum {string}
                 */
                category?: "apparel";
                /** @description For background_white: the darkest background that is white enough. Default: #ffffff */
                colour?: string;
                failed: number;
                from?: string;
                /** @enum {string} */
                level: "must" | "should";
                /** @enum {string} */
                of?: "both_sides" | "longer_side" | "width" | "height" | "object_both_sides" | "object_longer_side";
                one_of?: (string | number)[];
                passed: number;
                /** @description For aspect: width / height */
                ratio?: number;
                required: number | string;
                /** @enum {string} */
                rule: "min_sides" | "max_sides" | "max_pixels" | "min_bytes" | "max_bytes" | "format" | "aspect" | "background_white" | "plain" | "fill" | "cut_off" | "not_empty" | "not_transparent" | "jpeg_quality" | "colour_space" | "not_moving" | "url_https" | "url_port" | "url_no_query" | "url_extension" | "url_ascii" | "url_length" | "placeholder" | "twice" | "maybe_enlarged";
                /** @enum {string} */
                slots: "all" | "main";
                source?: components["schemas"]["RuleSource"];
                unknown: number;
                until?: string;
                /** @description For aspect: how far from it, as a share */
                within?: number;
                worst: {
                    measured: number | string;
                    slot: number;
                } | null;
            }[];
            title: string;
        };
        /** @description Images by state */
        Counts: {
            cancelled: number;
            completed: number;
            failed: number;
            pending: number;
            processing: number;
            total: number;
        };
        DeliveredEvent: {
            batch_id: string | null;
            batch_name: string | null;
            /** @description The webhook-id of every attempt */
            id: string;
            type: string;
        };
        Delivery: {
            attempt_count: number;
            /** Format: date-time */
            created_at: string;
            ended_at: string | null;
            endpoint_id: string;
            event: components["schemas"]["DeliveredEvent"];
            id: string;
            last_error: string | null;
            last_status: number | null;
            next_attempt_at: string | null;
            /**
             * @description exhausted: given up after the last attempt, or because its endpoint was disabled
             * @enum {string}
             */
            state: "pending" | "delivered" | "exhausted";
            /** @description Of its endpoint, today; an attempt has that of then */
            url: string;
        };
        DeliveryDetails: {
            attempt_count: number;
            attempts: components["schemas"]["Attempt"][];
            /** @description As it is sent, byte for byte, with every attempt */
            body: string;
            /** Format: date-time */
            created_at: string;
            ended_at: string | null;
            endpoint_id: string;
            event: components["schemas"]["DeliveredEvent"];
            id: string;
            last_error: string | null;
            last_status: number | null;
            next_attempt_at: string | null;
            /**
             * @description exhausted: given up after the last attempt, or because its endpoint was disabled
             * @enum {string}
             */
            state: "pending" | "delivered" | "exhausted";
            /** @description Of its endpoint, today; an attempt has that of then */
            url: string;
        };
        DeliveryPage: {
            /** @description With counts=true: how many deliveries the list has in each state, whatever `state` says; of the newest 10,000 */
            counts_by_state?: {
                delivered: number;
                exhausted: number;
                pending: number;
            };
            items: components["schemas"]["Delivery"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        FailureGroup: {
            /** @description What to do */
            advice: string;
            code: string;
            count: number;
            host_count: number;
            /** @description The hosts with the most of these images, at most 10 */
            hosts: {
                count: number;
                host: string;
            }[];
            /** @description Three of the first ones */
            images: {
                error_code: string | null;
                id: string;
                /** @description In the row, from 1 */
                position: number;
                product: components["schemas"]["ProductOfImage"];
                /** @description Row of the CSV below its header, from 1 */
                row: number;
                saved_percent: number | null;
                /** @description In the batch, from 1 */
                slot: number;
                source_url: string;
                /** @enum {string} */
                state: "pending" | "processing" | "completed" | "failed" | "cancelled";
                thumb: components["schemas"]["Thumb"] | null;
            }[];
            /** @description What is wrong */
            sentence: string;
            /** @description A heading of a few words */
            title: string;
            /** @description Whether a retry may help without a correction */
            try_again: boolean;
        };
        /** @description Of the fit `object`: what was done to the picture, and what of it could not be done */
        Fix: {
            changes: ("cut" | "padded" | "enlarged" | "whitened" | "reformatted" | "recompressed")[];
            unmet: {
                measured: number | string;
                required: number | string;
                /** @enum {string} */
                rule: "plain" | "not_empty" | "cut_off" | "min_sides" | "background_white";
                sentence: string;
            }[];
        };
        Flaw: {
            code: string;
            /** @description Column of the file, from 1 */
            column?: number;
            detail: string;
            /** @description Line of the file, from 1 */
            line: number;
        };
        Found: {
            /** @enum {string} */
            matched: "row" | "sku" | "url" | "name";
            product: components["schemas"]["ProductOfImage"];
            /** @description Row of the CSV below its header, from 1 */
            row: number;
            /** @description Of the image that matches, else of the first one of the row */
            slot: number;
        };
        FoundPage: {
            items: components["schemas"]["Found"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        Host: {
            /** @description Upper limit of `places` */
            ceiling: number;
            /** @description Answered downloads, moving average; 0 after 10 s without any */
            downloads_per_second: number;
            /** @description With `batch`: its images that failed */
            failed?: number;
            /** @description Whether its images fail at once, until it answers a trial request */
            given_up: boolean;
            /** @description Names of the request headers that are set for the host */
            headers: string[];
            held_until: string | null;
            /** @description Name, and port where it is not 80 or 443 */
            host: string;
            /** @description Permits in use: downloads that are open */
            in_use: number;
            last_error: {
                code: string | null;
                detail: string;
            } | null;
            /** @description Time to the first byte, moving average */
            latency_ms: number | null;
            /** @description Whether it is on hold because connections to it fail */
            parked: boolean;
            /** @description Permits: downloads that may be open at a time, over all workers */
            places: number;
            /** @description Whether it is open, but takes more than 2 s to its first byte */
            slow: boolean;
            /** Format: date-time */
            updated_at: string;
            /** @description With `batch`: its images that wait for their turn or for another try */
            waiting?: number;
        };
        HostInput: {
            /** @description Upper limit of `places`; null: HOST_CONCURRENCY */
            ceiling?: number | null;
            /** @description Replaces all request headers of the host, such as Authorization, Cookie, Referer or User-Agent; null removes them. Their values are secrets and never shown again. */
            headers?: {
                [key: string]: string;
            } | null;
            /**
             * Format: date-time
             * @description No requests before this time; null lifts every hold
             */
            held_until?: string | null;
        };
        HostPage: {
            /** @description With counts=true: how many hosts the list has in each state, whatever `state` says; of the first 10,000 by name */
            counts_by_state?: {
                /** @description Their images fail at once */
                given_up: number;
                /** @description On hold */
                held: number;
                /** @description Also those that are slow */
                open: number;
                /** @description Unreachable */
                parked: number;
                /** @description Also counted as open */
                slow: number;
            };
            items: components["schemas"]["Host"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        Image: {
            /** @description How many tries there were */
            attempts: number;
            batch_id: string;
            ended_at: string | null;
            error_code: string | null;
            error_detail: string | null;
            file: string | null;
            id: string;
            /** @description Made although it is, or looks like, a picture that was marked as a placeholder (option placeholders=warn) */
            is_placeholder: boolean;
            next_attempt_at: string | null;
            /** @description In the row, from 1 */
            position: number;
            renditions: components["schemas"]["Rendition"][];
            /** @description Row of the CSV below its header, from 1 */
            row: number;
            /** @description In the batch, from 1 */
            slot: number;
            source: components["schemas"]["Source"] | null;
            source_url: string;
            /** @enum {string} */
            state: "pending" | "processing" | "completed" | "failed" | "cancelled";
        };
        ImageDetails: {
            /** @description How many tries there were */
            attempts: number;
            batch_id: string;
            batch_name: string;
            ended_at: string | null;
            error_code: string | null;
            error_detail: string | null;
            /** @description As `tries`, for clients of earlier versions */
            failed_attempts: {
                at: string;
                error_code: string;
                error_detail: string;
            }[];
            file: string | null;
            final_url: string | null;
            id: string;
            /** @description Made although it is, or looks like, a picture that was marked as a placeholder (option placeholders=warn) */
            is_placeholder: boolean;
            next_attempt_at: string | null;
            next_id: string | null;
            /** @description In the row, from 1 */
            position: number;
            previous_id: string | null;
            problem: {
                advice: string;
                sentence: string;
                title: string;
                /** @description Whether a retry may help without a correction */
                try_again: boolean;
            } | null;
            product: components["schemas"]["ProductOfImage"];
            renditions: components["schemas"]["Rendition"][];
            /** @description Row of the CSV below its header, from 1 */
            row: number;
            /** @description The other images of the product, at most 100 */
            siblings: {
                error_code: string | null;
                id: string;
                position: number;
                slot: number;
                /** @enum {string} */
                state: "pending" | "processing" | "completed" | "failed" | "cancelled";
                thumb: components["schemas"]["Thumb"] | null;
            }[];
            /** @description In the batch, from 1 */
            slot: number;
            source: components["schemas"]["Source"] | null;
            source_url: string;
            /** @enum {string} */
            state: "pending" | "processing" | "completed" | "failed" | "cancelled";
            timings: {
                download: number;
                make: number;
                store: number;
                waited: number;
            } | null;
            /** @description The tries that failed, oldest first */
            tries: {
                /** Format: date-time */
                at: string;
                code: string;
                detail: string;
                http_status: number | null;
            }[];
        };
        ImagePage: {
            items: components["schemas"]["Image"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        InboxMessage: {
            /** @description The body as text */
            body: string;
            /** @description The bytes of a body that is not UTF-8 */
            body_base64?: string;
            headers: {
                [key: string]: string;
            };
            id: string;
            /** Format: date-time */
            received_at: string;
            source: string;
            times_received: number;
        };
        InboxMessagePage: {
            /** @description With counts=true: how many messages there are; at most 10,000 */
            count?: number;
            items: components["schemas"]["InboxMessage"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        Key: {
            /** @description Whether it is the key of the setting MINILAB_KEY */
            configured: boolean;
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            id: string;
            /** @description To the minute */
            last_used_at: string | null;
            name: string;
            /** @description The first characters of the key, to recognise it by */
            prefix: string;
            revoked_at: string | null;
            /** @enum {string} */
            scope: "read" | "write" | "admin";
            /** @enum {string} */
            state: "active" | "expired" | "revoked";
            /** @description Name of the tenant that the key belongs to */
            tenant: string;
        };
        KeyInput: {
            /**
             * Format: date-time
             * @description The key is refused from then on
             */
            expires_at?: string;
            name: string;
            /** @enum {string} */
            scope: "read" | "write" | "admin";
        };
        KeyPage: {
            items: components["schemas"]["Key"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        LastDelivery: {
            /** @description Why the last attempt got no answer; left out when it got one */
            last_error?: string;
            last_status: number | null;
            next_attempt_at: string | null;
            /** @enum {string} */
            state: "pending" | "delivered" | "exhausted";
        };
        LatestImage: {
            image_id: string;
            slot: number;
            thumb: components["schemas"]["Thumb"];
        };
        MarkedPicture: {
            /** @description Whether the mark also holds for pictures that look the same. false: the picture has no structure, or was not measured; only the same content counts */
            by_look: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * @description placeholder: a supplier's sign for a missing picture; images that are or look like it fail from now on. allowed: never taken for one
             * @enum {string}
             */
            kind: "placeholder" | "allowed";
            note: string;
            /** @description Of the source, hexadecimal */
            sha256: string;
            url: string | null;
        };
        MarkedPicturePage: {
            items: components["schemas"]["MarkedPicture"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        MarkInput: {
            /**
             * @description placeholder: a supplier's sign for a missing picture; images that are or look like it fail from now on. allowed: never taken for one
             * @enum {string}
             */
            kind: "placeholder" | "allowed";
            /** @description For people */
            note?: string;
        };
        NewKey: {
            /** @description Whether it is the key of the setting MINILAB_KEY */
            configured: boolean;
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            id: string;
            /** @description The key itself. It is shown only in this response */
            key: string;
            /** @description To the minute */
            last_used_at: string | null;
            name: string;
            /** @description The first characters of the key, to recognise it by */
            prefix: string;
            revoked_at: string | null;
            /** @enum {string} */
            scope: "read" | "write" | "admin";
            /** @enum {string} */
            state: "active" | "expired" | "revoked";
            /** @description Name of the tenant that the key belongs to */
            tenant: string;
        };
        Preset: {
            /** @description Cannot be changed */
            built_in: boolean;
            description: string;
            name: string;
            /** @description Rendition specs with every default filled in; null: no limit */
            renditions: {
                [key: string]: unknown;
            }[];
        };
        PresetInput: {
            description?: string;
            renditions: components["schemas"]["RenditionInput"][];
        };
        PresetPreviewInput: {
            /**
             * @description `sample`: a photograph that comes with Minilab. Or the id of an image: its source is downloaded. Or the id of a kept upload
             * @default sample
             */
            picture: string;
            rendition: components["schemas"]["RenditionInput"];
        };
        Preview: {
            /** @description Rows with an error */
            bad_rows: number;
            /** @description Every column of the header */
            column_list: {
                header: string;
                /** @description How its role was found: by its name; chosen in `columns`; guessed from its cells, to be sent in `columns`, because no column holds images by its name */
                how: ("name" | "chosen" | "guessed") | null;
                /** @description Of the column, from 0: its place in `cells` */
                index: number;
                role: ("images" | "name" | "sku" | "serial" | "preset" | "width" | "height" | "quality" | "format") | null;
                /** @description Up to three different texts of its first cells, up to 80 characters each */
                samples: string[];
            }[];
            /** @description The columns of each role */
            columns: {
                [key: string]: string | string[];
            };
            /** @description Of a CSV */
            delimiter: string | null;
            /** @description Of a CSV */
            encoding: string | null;
            error_count: number;
            errors: components["schemas"]["Flaw"][];
            /** @description What the file is; null if it could not be read */
            file_kind: ("csv" | "xlsx" | "json" | "ndjson" | "xml") | null;
            first_rows: {
                images: string[];
                line: number;
                name: string;
                row: number;
                sku: string | null;
            }[];
            header: string[];
            /** @description Line number of the header in the file */
            header_line: number | null;
            images: number;
            /** @description Whether the upload would be accepted without on_invalid=skip */
            ok: boolean;
            probes: {
                bytes: number | null;
                code: string | null;
                content_type: string | null;
                detail: string | null;
                format: string | null;
                height: number | null;
                ok: boolean;
                url: string;
                width: number | null;
            }[];
            /** @description The roles that a column may have */
            roles: {
                /** @enum {string} */
                role: "images" | "name" | "sku" | "serial" | "preset" | "width" | "height" | "quality" | "format";
                /** @description Whether `columns` may give it to several columns */
                several: boolean;
            }[];
            rows: number;
            /** @description The first 20 rows, and the rows with the first 1,000 errors and the first 1,000 warnings */
            rows_shown: {
                /** @description As they stand in the file: the first 250, each cut to 200 characters. Empty where rows with problems have more than 2 million characters before this one */
                cells: string[];
                /** @description Line of the file where the row begins */
                line: number;
                problems: {
                    code: string;
                    detail: string;
                    /** @description Of the cell, from 0; null: of the whole row */
                    index: number | null;
                    /** @enum {string} */
                    level: "error" | "warning";
                }[];
                /** @description Number of the product, from 1: a gap has as many rows as numbers */
                row: number;
            }[];
            /** @description Of a workbook: the sheet that was read */
            sheet: string | null;
            /** @description Of a workbook: the names of all sheets */
            sheets: string[];
            /** @description Of rows without an error: those that on_invalid=skip downloads */
            usable_images: number;
            warning_count: number;
            warnings: components["schemas"]["Flaw"][];
        };
        /**
         * @description Problem details (RFC 9457)
         * @example {
         *       "type": "urn:minilab:problem:not_found",
         *       "title": "Not found",
         *       "status": 404,
         *       "detail": "There is no batch bat_01m82b9wzgf0f8hsd3rd9gs1h2.",
         *       "code": "not_found"
         *     }
         */
        Problem: {
            /** @enum {string} */
            code: "bad_request" | "not_verified" | "unauthorized" | "forbidden" | "foreign_host" | "foreign_origin" | "quota_insufficient" | "not_found" | "method_not_allowed" | "request_timeout" | "conflict" | "source_changed" | "idempotency_key_in_use" | "idempotency_key_reused" | "upload_expired" | "precondition_failed" | "payload_too_large" | "uri_too_long" | "unsupported_media_type" | "range_not_satisfiable" | "expectation_failed" | "csv_invalid" | "preset_invalid" | "preview_failed" | "channel_invalid" | "quota_exceeded" | "too_many_requests" | "headers_too_large" | "internal_error" | "source_unavailable" | "busy" | "database_unavailable" | "storage_unavailable" | "not_ready";
            /** @description What is wrong, and what to do */
            detail: string;
            /** @description Number of errors; `errors` has the first 1,000 */
            error_count?: number;
            errors?: {
                /** @description Where: a JSON pointer into the body (`/renditions/0/width`), or `query.limit`, `path.id`, `header.idempotency-key`, `options.preset` (of an upload, in the form or the query) */
                at?: string;
                code: string;
                /** @description From 1 */
                column?: number;
                detail: string;
                /** @description Physical line of a CSV, from 1 */
                line?: number;
            }[];
            /** @description The quota that refused the request */
            quota?: {
                limit: number;
                /** @description As in `limits` of GET /v1/usage; or kept_uploads, kept_upload_bytes, marked_pictures */
                name: string;
                resets_at: string | null;
                used: number;
            };
            /** @description Of a 5xx: the id of the request in the log of the server */
            request_id?: string;
            status: number;
            /** @description The same for every problem with this code */
            title: string;
            /** @description urn:minilab:problem:{code} */
            type: string;
        };
        Product: {
            batch_id: string;
            batch_name: string;
            /**
             * Format: date-time
             * @description When the batch was created
             */
            created_at: string;
            images: components["schemas"]["Image"][];
            /** @description Line of the file on which the row begins, from 1 */
            line: number;
            name: string;
            /** @description Row of the CSV below its header, from 1 */
            row: number;
            sku: string;
        };
        ProductOfImage: {
            /** @description How many slots the row has */
            images: number;
            name: string;
            sku: string | null;
        };
        ProductPage: {
            items: components["schemas"]["Product"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        Readiness: {
            /** @description `ok`, or what is wrong */
            checks: {
                [key: string]: string;
            };
            ok: boolean;
        };
        Rendition: {
            bytes: number;
            fix?: components["schemas"]["Fix"];
            format: string;
            height: number;
            name: string;
            url: string;
            width: number;
        };
        RenditionInput: {
            /**
             * @description Keep all frames of an animation; WebP only
             * @default false
             */
            animated: boolean;
            /**
             * @description For contain and object, and for transparent parts when the format has no transparency: #rrggbb in small letters, or transparent
             * @default #ffffff
             */
            background: string;
            /**
             * @description For object: how many times it may be enlarged. 1: never
             * @default 1
             */
            enlarge: number;
            /**
             * @description For object: the larger of its width / width and its height / height. 1 reaches the edge, and looks cut off
             * @default 0.9
             */
            fill: number;
            /**
             * @description inside: the whole image within width and height. cover: width and height are filled, and the rest is cut off. contain: inside, and the background fills the rest up to exactly width and height. object: the product on its plain background is centred, and fills a share of width and height
             * @default inside
             * @enum {string}
             */
            fit: "inside" | "cover" | "contain" | "object";
            /**
             * @default jpeg
             * @enum {string}
             */
            format: "jpeg" | "mozjpeg" | "png" | "webp" | "avif";
            height?: number;
            /**
             * @description Keep copyright and credit in the metadata; everything else is always removed
             * @default false
             */
            keep_credit: boolean;
            /** @description Uses the highest quality, up to `quality`, that stays within this size; a PNG gets a palette if it must */
            max_bytes?: number;
            /** @description For object: where it has too few pixels, the file becomes smaller instead, down to this width, with the same ratio. Default: width */
            min_width?: number;
            /** @description Part of the file name: a small letter, then small letters, digits and hyphens */
            name: string;
            /**
             * @description For object, where it cannot be done. keep: the best file, and `fix.unmet` tells why. fail: `cannot_meet_rule`
             * @default keep
             * @enum {string}
             */
            on_unmet: "keep" | "fail";
            /**
             * @description Around what cover cuts. attention: what draws the eye. entropy: where most detail is. object: what stands out from a plain background, else as attention
             * @default centre
             * @enum {string}
             */
            position: "centre" | "attention" | "entropy" | "object";
            /** @description Default: 80, for AVIF 50. PNG is lossless and has none */
            quality?: number;
            /**
             * @description Sharpen a little, after shrinking
             * @default false
             */
            sharpen: boolean;
            /**
             * @description Cut off a border of one colour
             * @default false
             */
            trim: boolean;
            /**
             * @description For object: make the nearly white background white: pixels of at least 245 in all channels that are connected to the edge
             * @default false
             */
            whiten: boolean;
            width?: number;
        };
        RuleSource: {
            /**
             * @description channel: its own page. quoted: somebody who quotes it. third_party: others' pages
             * @enum {string}
             */
            by: "channel" | "quoted" | "third_party";
            /** @description What is in doubt */
            note?: string;
            /** @description The month in which it was read */
            seen: string;
            url: string;
        };
        SamePicture: {
            /** @description How many different files look like this */
            contents: number;
            /** @description Of the look that is furthest from the most frequent one, 0 to 31 of 256 bits */
            distance: number;
            example: {
                sha256: string;
                slot: number;
                url: string;
            };
            /** @description Its number until the next round of the batch has ended */
            group: number;
            host: string | null;
            images: number;
            /**
             * @description twice: one content in several slots of one product. shared: one content or look on several products. variants: shared by variants of one product. placeholder: marked, or suggested, as a sign for a missing picture
             * @enum {string}
             */
            kind: "twice" | "shared" | "variants" | "placeholder";
            marked: ("placeholder" | "allowed") | null;
            marked_as: string | null;
            products: number;
            reason: string | null;
            skus: string[];
        };
        SamePictures: {
            /** @description All groups, whatever is asked for */
            counts: {
                placeholder: number;
                shared: number;
                twice: number;
                variants: number;
            };
            items: components["schemas"]["SamePicture"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
            /** @description The groups of the last round are not known yet */
            pending: boolean;
        };
        Session: {
            /** @description Whether there is a GET /v1/example.csv */
            has_example: boolean;
            key: {
                id: string;
                name: string;
            } | null;
            /** @description Whether requests need a key; without any key, only this machine can send requests */
            needs_key: boolean;
            /** @enum {string} */
            scope: "read" | "write" | "admin";
            tenant: string;
        };
        SheetImage: {
            error_code: string | null;
            id: string;
            /** @description In the row, from 1 */
            position: number;
            product: components["schemas"]["ProductOfImage"];
            /** @description Row of the CSV below its header, from 1 */
            row: number;
            saved_percent: number | null;
            /** @description In the batch, from 1 */
            slot: number;
            /** @enum {string} */
            state: "pending" | "processing" | "completed" | "failed" | "cancelled";
            thumb: components["schemas"]["Thumb"] | null;
        };
        SheetImagePage: {
            items: components["schemas"]["SheetImage"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        /** @description The downloaded image */
        Source: {
            bytes: number;
            format: string;
            height: number;
            sha256: string;
            width: number;
        };
        /** @description A picture of some 200 to 400 pixels. The content under the URL never changes */
        Thumb: {
            height: number;
            url: string;
            width: number;
        };
        Upload: {
            /** @description Of the file, decompressed */
            bytes: number;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description An hour after the file had arrived
             */
            expires_at: string;
            /** @description Of the file; empty if the request does not give one */
            name: string;
            /** @description Of the file, hexadecimal */
            sha256: string;
            /** @description For the option `upload` of POST /v1/batches and its preview */
            upload_id: string;
        };
        Usage: {
            /** @description Accepted uploads of the last 31 days in UTC, newest first, without days that had none */
            days: {
                batches: number;
                /** Format: date */
                day: string;
                images: number;
                /** @description Bytes of the uploaded files */
                upload_bytes: number;
            }[];
            /** @description null: no limit */
            limits: {
                batches_at_once: number | null;
                images_per_day: number | null;
                requests_per_second: number | null;
                stored_bytes: number | null;
            };
            /**
             * Format: date-time
             * @description When `used.images_per_day` is 0 again
             */
            resets_at: string;
            used: {
                /** @description Batches that are running */
                batches_at_once: number;
                /** @description Images of uploads accepted today, in UTC */
                images_per_day: number;
                /** @description Bytes of all renditions, and of pictures that were uploaded with their tables */
                stored_bytes: number;
            };
        };
        WebhookEndpoint: {
            /** Format: date-time */
            created_at: string;
            description: string;
            disabled: boolean;
            disabled_at: string | null;
            disabled_because: string | null;
            /** @description Empty: the usual ones */
            event_types: string[];
            failing_since: string | null;
            id: string;
            /**
             * @description configured: WEBHOOK_URL. callback: the callback_url of a batch. Both are read-only here
             * @enum {string}
             */
            kind: "registered" | "configured" | "callback";
            /** @description With counts=true: its deliveries of the last 7 days by state, of the newest 1,000 */
            last_7_days?: {
                delivered: number;
                exhausted: number;
                pending: number;
            };
            old_secret_expires_at: string | null;
            public_key: string | null;
            /**
             * @description v1 (the default): HMAC-SHA256 with the secret. v1a: Ed25519, verified with the public key. both: one signature of each
             * @enum {string}
             */
            signature: "v1" | "v1a" | "both";
            url: string;
        };
        WebhookEndpointPage: {
            items: components["schemas"]["WebhookEndpoint"][];
            /** @description `cursor` of the next page; null: this is the last one */
            next_cursor: string | null;
        };
        WebhookEndpointWithSecret: {
            /** Format: date-time */
            created_at: string;
            description: string;
            disabled: boolean;
            disabled_at: string | null;
            disabled_because: string | null;
            /** @description Empty: the usual ones */
            event_types: string[];
            failing_since: string | null;
            id: string;
            /**
             * @description configured: WEBHOOK_URL. callback: the callback_url of a batch. Both are read-only here
             * @enum {string}
             */
            kind: "registered" | "configured" | "callback";
            /** @description With counts=true: its deliveries of the last 7 days by state, of the newest 1,000 */
            last_7_days?: {
                delivered: number;
                exhausted: number;
                pending: number;
            };
            old_secret_expires_at: string | null;
            public_key: string | null;
            secret: string | null;
            /**
             * @description v1 (the default): HMAC-SHA256 with the secret. v1a: Ed25519, verified with the public key. both: one signature of each
             * @enum {string}
             */
            signature: "v1" | "v1a" | "both";
            url: string;
        };
        WebhookInput: {
            /** @description For people */
            description?: string;
            /** @description A disabled endpoint gets no events */
            disabled?: boolean;
            /** @description Which events it gets. An empty list (the default): the ends of batches and what happens to webhooks; batch.started and batch.progress only where they are listed */
            event_types?: ("batch.started" | "batch.progress" | "batch.completed" | "batch.completed_with_errors" | "batch.failed" | "batch.cancelled" | "webhook.delivery_exhausted" | "webhook.endpoint_disabled")[];
            /** @description A secret of your own: whsec_ and 24 to 64 bytes in base64. By default, one is made */
            secret?: string;
            /**
             * @description v1 (the default): HMAC-SHA256 with the secret. v1a: Ed25519, verified with the public key. both: one signature of each
             * @enum {string}
             */
            signature?: "v1" | "v1a" | "both";
            /** @description Where events are sent, by POST */
            url: string;
        };
        WebhookPatchInput: {
            /** @description For people */
            description?: string;
            /** @description A disabled endpoint gets no events */
            disabled?: boolean;
            /** @description Which events it gets. An empty list (the default): the ends of batches and what happens to webhooks; batch.started and batch.progress only where they are listed */
            event_types?: ("batch.started" | "batch.progress" | "batch.completed" | "batch.completed_with_errors" | "batch.failed" | "batch.cancelled" | "webhook.delivery_exhausted" | "webhook.endpoint_disabled")[];
            /** @description Where events are sent, by POST */
            url?: string;
        };
        Worker: {
            /**
             * Format: uuid
             * @description As `worker` in the log
             */
            id: string;
            /** @description Images that it processes or records, with those that wait for their host; up to 5 s ago */
            in_hand: number;
            /** @description `MACHINE_NAME` */
            machine: string;
            /** @description Why it claims nothing; empty while it does */
            paused_because: string[];
            pid: number;
            /**
             * Format: date-time
             * @description Its last heartbeat; there is one every 5 s
             */
            seen_at: string;
            /** @description How many images it processes at a time */
            slots: number;
            /** Format: date-time */
            started_at: string;
            version: string;
        };
    };
    responses: {
        /** @description `source_unavailable`: The source cannot be had. */
        BadGateway: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "source_unavailable";
                    /** @constant */
                    status?: 502;
                };
            };
        };
        /** @description `bad_request`: The request is not valid. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "bad_request";
                    /** @constant */
                    status?: 400;
                };
            };
        };
        /** @description `conflict`: Not possible in the current state. `source_changed`: The source is another file now. `idempotency_key_in_use`: The first request with this key is still in progress. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "conflict" | "source_changed" | "idempotency_key_in_use";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description `expectation_failed`: The expectation failed. */
        ExpectationFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "expectation_failed";
                    /** @constant */
                    status?: 417;
                };
            };
        };
        /** @description `forbidden`: The API key does not allow this. `foreign_host`: The Host header is not allowed. `foreign_origin`: The Origin is not allowed. `quota_insufficient`: The upload does not fit the quota. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden" | "foreign_host" | "foreign_origin" | "quota_insufficient";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description `upload_expired`: The upload is no longer kept. */
        Gone: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "upload_expired";
                    /** @constant */
                    status?: 410;
                };
            };
        };
        /** @description `internal_error`: Internal error. */
        InternalServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "internal_error";
                    /** @constant */
                    status?: 500;
                };
            };
        };
        /** @description `method_not_allowed`: Method not allowed. */
        MethodNotAllowed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "method_not_allowed";
                    /** @constant */
                    status?: 405;
                };
            };
        };
        /** @description `not_found`: Not found. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description `payload_too_large`: The upload is too large. */
        PayloadTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "payload_too_large";
                    /** @constant */
                    status?: 413;
                };
            };
        };
        /** @description `precondition_failed`: A precondition failed. */
        PreconditionFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "precondition_failed";
                    /** @constant */
                    status?: 412;
                };
            };
        };
        /** @description `range_not_satisfiable`: The range is not satisfiable. */
        RangeNotSatisfiable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "range_not_satisfiable";
                    /** @constant */
                    status?: 416;
                };
            };
        };
        /** @description `headers_too_large`: The request headers are too large. */
        RequestHeaderFieldsTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "headers_too_large";
                    /** @constant */
                    status?: 431;
                };
            };
        };
        /** @description `request_timeout`: The request was too slow. */
        RequestTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "request_timeout";
                    /** @constant */
                    status?: 408;
                };
            };
        };
        /** @description `busy`: Too busy. `database_unavailable`: The database is unavailable. `storage_unavailable`: The storage is unavailable. `not_ready`: Minilab is not ready. */
        ServiceUnavailable: {
            headers: {
                /** @description Seconds */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "busy" | "database_unavailable" | "storage_unavailable" | "not_ready";
                    /** @constant */
                    status?: 503;
                };
            };
        };
        /** @description `quota_exceeded`: The quota is used up. `too_many_requests`: Too many requests. */
        TooManyRequests: {
            headers: {
                /** @description Seconds */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "quota_exceeded" | "too_many_requests";
                    /** @constant */
                    status?: 429;
                };
            };
        };
        /** @description `not_verified`: The signature is not valid. `unauthorized`: A valid API key is needed. */
        Unauthorized: {
            headers: {
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_verified" | "unauthorized";
                    /** @constant */
                    status?: 401;
                };
            };
        };
        /** @description `idempotency_key_reused`: The key was used for another request. `csv_invalid`: The CSV has errors. `preset_invalid`: The preset has errors. `preview_failed`: The preview cannot be made. `channel_invalid`: The channel has errors. */
        UnprocessableEntity: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "idempotency_key_reused" | "csv_invalid" | "preset_invalid" | "preview_failed" | "channel_invalid";
                    /** @constant */
                    status?: 422;
                };
            };
        };
        /** @description `unsupported_media_type`: The content type is not supported. */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unsupported_media_type";
                    /** @constant */
                    status?: 415;
                };
            };
        };
        /** @description `uri_too_long`: The URL is too long. */
        URITooLong: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "uri_too_long";
                    /** @constant */
                    status?: 414;
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
};
export type $defs = Record<string, never>;
export interface operations {
    getFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `{token}/{hash16}/{file}` */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                };
            };
            /** @description The requested range */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                };
            };
            /** @description Where the file is: a URL of the bucket that lasts an hour */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not modified: the copy of the client is current */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["URITooLong"];
            416: components["responses"]["RangeNotSatisfiable"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ok: boolean;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ok: boolean;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                action?: string;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                /** @description Id of an API key */
                key?: string;
                limit?: number;
                /** @description Id or name of an object */
                object?: string;
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntryPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listBatches: {
        parameters: {
            query?: {
                /** @description Whether to count the batches by state, on all pages and of all states */
                counts?: boolean;
                created_after?: string;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                /** @description How many of the images that were completed last to show of each batch. Default: 0 */
                latest?: number;
                limit?: number;
                /** @description The exact name */
                name?: string;
                /** @description A part of the name, in upper or lower case */
                q?: string;
                state?: "pending" | "processing" | "completed" | "completed_with_errors" | "failed" | "cancelled";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createBatch: {
        parameters: {
            query?: {
                /** @description For checks: whether products whose google_product_category does not say it are apparel. Default: unknown */
                apparel?: boolean;
                /** @description Receives a signed webhook when the batch ends, instead of WEBHOOK_URL */
                callback_url?: string;
                /** @description Encoding of a file that is neither UTF-8 nor UTF-16 with a byte order mark, such as windows-1252 */
                charset?: string;
                /** @description JSON: which column has which role, where its name does not say so, such as {"images": ["Foto 1", "Foto 2"], "sku": "Art.-Nr.", "width": null} */
                columns?: string;
                /** @description For how long images are retried; those not completed by then fail with deadline_exceeded */
                deadline_hours?: number;
                /** @description Downloads all sources and makes all renditions again, even unchanged ones */
                force?: boolean;
                /** @description For how long a downloaded source is reused without a request, whatever its host says: 90m, 12h, 604800 (seconds) */
                fresh_for?: string;
                /** @description Line number of the header in the file, if it is not found automatically */
                header_line?: number;
                /** @description Which renditions to make of the image at position 1 of each product, because marketplaces judge that one most strictly. A preset that a row chooses counts more. Default: `preset` */
                main_preset?: string;
                /** @description Name of the batch; by default the name of the file */
                name?: string;
                /** @description Names of the files, in output URLs and in the ZIP: {sku}, {name}, {position}, {rendition}, {hash16}, {ext} */
                name_template?: string;
                /** @description reject (the default): a row with an error refuses the upload. skip: such rows are kept as failed, and the others are processed */
                on_invalid?: "reject" | "skip";
                /** @description Of a ZIP of pictures without a table: what their names mean. sku-number: digits behind the last - or _ are the number of the picture (A-12.jpg is picture 12 of A). sku: a whole name is a SKU (A-12.jpg is the picture of A-12). auto: as the other names show */
                picture_names?: "auto" | "sku-number" | "sku";
                /** @description fail: an image that is or looks like a picture marked as a placeholder (PUT /v1/pictures/{sha256}) fails with placeholder_image. warn: it is made, and says is_placeholder */
                placeholders?: "fail" | "warn";
                /** @description Which renditions to make */
                preset?: string;
                /** @description Of a workbook: the name of the sheet to read, or its number among those that are not hidden. Default: the only one with an image column */
                sheet?: string;
                /** @description Counts warnings as errors */
                strict?: boolean;
                /** @description Instead of a file: the upload_id of one that POST /v1/uploads has kept */
                upload?: string;
            };
            header?: {
                /** @description Makes the request idempotent: a repetition with the same key within 24 h gets the answer to the first one */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                "application/x-ndjson": unknown;
                "application/xml": unknown;
                "application/zip": unknown;
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description The CSV or workbook
                     */
                    file: string;
                };
                "text/csv": unknown;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedBatch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description `idempotency_key_in_use`: The first request with this key is still in progress. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "idempotency_key_in_use";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            /** @description `idempotency_key_reused`: The key was used for another request. `csv_invalid`: The CSV has errors. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "idempotency_key_reused" | "csv_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatch: {
        parameters: {
            query?: {
                /** @description Long polling: seconds to wait for a change since the version in If-None-Match, or since now; a batch that has ended is answered at once */
                wait?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchStatus"];
                };
            };
            /** @description The version in If-None-Match is still current */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    cancelBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchCheck: {
        parameters: {
            query: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description The name of a channel: see /v1/channels */
                channel: string;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckSummary"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchCheckCsv: {
        parameters: {
            query: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description The name of a channel: see /v1/channels */
                channel: string;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchCheckNdjson: {
        parameters: {
            query: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description The name of a channel: see /v1/channels */
                channel: string;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchEvents: {
        parameters: {
            query?: {
                /** @description Continue after the event with this id, or after the states with this `Last-Event-ID`. The request header `Last-Event-ID` has precedence. Default: from now on. */
                since?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events until the batch has ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The round with this id has ended: there is nothing more to come */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchFailedCsv: {
        parameters: {
            query?: {
                /** @description Only images that failed with this error code, one of those in docs/errors.md; several, separated by commas: one of them */
                code?: string;
                /** @description Only images of this host; several, separated by commas: one of them */
                host?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listBatchFailures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["FailureGroup"][];
                        next_cursor: null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listBatchFind: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                limit?: number;
                q: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listBatchImages: {
        parameters: {
            query?: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description The name of a channel: see /v1/channels */
                channel?: string;
                /** @description Only images that failed with this error code, one of those in docs/errors.md; several, separated by commas: one of them */
                code?: string;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                /** @description Where the first page begins. Default: 1 */
                from_slot?: number;
                /** @description Only images of this group of /same-pictures */
                group?: number;
                /** @description Only images of this host; several, separated by commas: one of them */
                host?: string;
                /** @description With `rule`: only as it counts at this level */
                level?: "must" | "should";
                limit?: number;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
                /** @description With `rule`: only with this limit, as `required` of the check tells it. A channel may have a rule twice */
                required?: string;
                /** @description With `rule`: whether images fail it, or it is unknown, whatever the verdict */
                result?: "fail" | "unknown";
                /** @description With `channel`: only images that fail this rule; with verdict=unknown, those of which it is unknown */
                rule?: "min_sides" | "max_sides" | "max_pixels" | "min_bytes" | "max_bytes" | "format" | "aspect" | "background_white" | "plain" | "fill" | "cut_off" | "not_empty" | "not_transparent" | "jpeg_quality" | "colour_space" | "not_moving" | "url_https" | "url_port" | "url_no_query" | "url_extension" | "url_ascii" | "url_length" | "placeholder" | "twice" | "maybe_enlarged";
                /** @description Only images in these slots: up to 200, separated by commas */
                slots?: string;
                state?: "pending" | "processing" | "completed" | "failed" | "cancelled";
                /** @description With `channel`: only images with this verdict */
                verdict?: "pass" | "warn" | "fail" | "unknown";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImagePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchImagesZip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchManifestNdjson: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchOutputCsv: {
        parameters: {
            query?: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description With style=columns: adds what this channel says of each product; several, separated by commas: one of them */
                check?: string;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With style=replace: what a slot without an output holds. Default: blank. */
                on_failed?: "blank" | "source";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
                /** @description columns: outputs in columns of their own, in UTF-8, with formulas escaped. replace: outputs in place of their sources, without further columns, for importing into a shop: everything else is as uploaded, including encoding and formulas, so do not open it in a spreadsheet if you do not trust the cells. */
                style?: "columns" | "replace";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchOutputNdjson: {
        parameters: {
            query?: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description Adds what this channel says of each product; several, separated by commas: one of them */
                check?: string;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchOutputXlsx: {
        parameters: {
            query?: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description Adds what this channel says of each product; several, separated by commas: one of them */
                check?: string;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    retryBatch: {
        parameters: {
            query?: {
                /** @description Only images that failed with this error code, one of those in docs/errors.md; several, separated by commas: one of them */
                code?: string;
                /** @description Only images of this host; several, separated by commas: one of them */
                host?: string;
                /** @description Only the image with this id, and those of the batch with the same URL and settings; several, separated by commas: one of them */
                image?: string;
                /** @description Wait for the end of a batch that still runs */
                when_ended?: boolean;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listBatchSamePictures: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                /** @description Default: twice, shared and placeholder */
                kind?: "twice" | "shared" | "variants" | "placeholder";
                limit?: number;
                /** @description On so many products at least */
                min_products?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SamePictures"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchSamePicturesCsv: {
        parameters: {
            query?: {
                /** @description Default: twice, shared and placeholder */
                kind?: "twice" | "shared" | "variants" | "placeholder";
                /** @description On so many products at least */
                min_products?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file, streamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listBatchSheet: {
        parameters: {
            query?: {
                /** @description Whether products whose google_product_category does not say it are apparel. Default: what the upload said */
                apparel?: boolean;
                /** @description The day whose rules hold, such as 2027-01-31. Default: today */
                as_of?: string;
                /** @description The name of a channel: see /v1/channels */
                channel?: string;
                /** @description Only images that failed with this error code, one of those in docs/errors.md; several, separated by commas: one of them */
                code?: string;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                /** @description Where the first page begins. Default: 1 */
                from_slot?: number;
                /** @description Only images of this group of /same-pictures */
                group?: number;
                /** @description Only images of this host; several, separated by commas: one of them */
                host?: string;
                /** @description With `rule`: only as it counts at this level */
                level?: "must" | "should";
                limit?: number;
                /** @description source (the default): the file that the CSV links. output: the rendition that Minilab made of it */
                of?: "source" | "output";
                /** @description With of=output: the name of the rendition. Default: the first of each image */
                rendition?: string;
                /** @description With `rule`: only with this limit, as `required` of the check tells it. A channel may have a rule twice */
                required?: string;
                /** @description With `rule`: whether images fail it, or it is unknown, whatever the verdict */
                result?: "fail" | "unknown";
                /** @description With `channel`: only images that fail this rule; with verdict=unknown, those of which it is unknown */
                rule?: "min_sides" | "max_sides" | "max_pixels" | "min_bytes" | "max_bytes" | "format" | "aspect" | "background_white" | "plain" | "fill" | "cut_off" | "not_empty" | "not_transparent" | "jpeg_quality" | "colour_space" | "not_moving" | "url_https" | "url_port" | "url_no_query" | "url_extension" | "url_ascii" | "url_length" | "placeholder" | "twice" | "maybe_enlarged";
                /** @description Only images in these slots: up to 200, separated by commas */
                slots?: string;
                state?: "pending" | "processing" | "completed" | "failed" | "cancelled";
                /** @description With `channel`: only images with this verdict */
                verdict?: "pass" | "warn" | "fail" | "unknown";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SheetImagePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBatchStates: {
        parameters: {
            query?: {
                from?: number;
                to?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes, by slot */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The version in If-None-Match is still current */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    previewBatch: {
        parameters: {
            query?: {
                /** @description For checks: whether products whose google_product_category does not say it are apparel. Default: unknown */
                apparel?: boolean;
                /** @description Receives a signed webhook when the batch ends, instead of WEBHOOK_URL */
                callback_url?: string;
                /** @description Encoding of a file that is neither UTF-8 nor UTF-16 with a byte order mark, such as windows-1252 */
                charset?: string;
                /** @description JSON: which column has which role, where its name does not say so, such as {"images": ["Foto 1", "Foto 2"], "sku": "Art.-Nr.", "width": null} */
                columns?: string;
                /** @description For how long images are retried; those not completed by then fail with deadline_exceeded */
                deadline_hours?: number;
                /** @description Downloads all sources and makes all renditions again, even unchanged ones */
                force?: boolean;
                /** @description For how long a downloaded source is reused without a request, whatever its host says: 90m, 12h, 604800 (seconds) */
                fresh_for?: string;
                /** @description Line number of the header in the file, if it is not found automatically */
                header_line?: number;
                /** @description Which renditions to make of the image at position 1 of each product, because marketplaces judge that one most strictly. A preset that a row chooses counts more. Default: `preset` */
                main_preset?: string;
                /** @description Name of the batch; by default the name of the file */
                name?: string;
                /** @description Names of the files, in output URLs and in the ZIP: {sku}, {name}, {position}, {rendition}, {hash16}, {ext} */
                name_template?: string;
                /** @description reject (the default): a row with an error refuses the upload. skip: such rows are kept as failed, and the others are processed */
                on_invalid?: "reject" | "skip";
                /** @description The body is the first part of a file: a row or character that is cut at its end is left out, and is no error */
                partial?: boolean;
                /** @description Of a ZIP of pictures without a table: what their names mean. sku-number: digits behind the last - or _ are the number of the picture (A-12.jpg is picture 12 of A). sku: a whole name is a SKU (A-12.jpg is the picture of A-12). auto: as the other names show */
                picture_names?: "auto" | "sku-number" | "sku";
                /** @description fail: an image that is or looks like a picture marked as a placeholder (PUT /v1/pictures/{sha256}) fails with placeholder_image. warn: it is made, and says is_placeholder */
                placeholders?: "fail" | "warn";
                /** @description Which renditions to make */
                preset?: string;
                /** @description Of how many images to request the first bytes, taking turns among hosts */
                probe?: number;
                /** @description Of a workbook: the name of the sheet to read, or its number among those that are not hidden. Default: the only one with an image column */
                sheet?: string;
                /** @description Counts warnings as errors */
                strict?: boolean;
                /** @description Instead of a file: the upload_id of one that POST /v1/uploads has kept */
                upload?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                "application/x-ndjson": unknown;
                "application/xml": unknown;
                "application/zip": unknown;
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description The CSV or workbook
                     */
                    file: string;
                };
                "text/csv": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listChannels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Channel"][];
                        next_cursor: null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    putChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Our operator on Mirakl",
                 *       "rules": [
                 *         {
                 *           "rule": "min_sides",
                 *           "of": "both_sides",
                 *           "at_least": 800
                 *         },
                 *         {
                 *           "rule": "max_bytes",
                 *           "at_most": 10240000
                 *         },
                 *         {
                 *           "rule": "background_white",
                 *           "slots": "main",
                 *           "colour": "#f2f3f4"
                 *         },
                 *         {
                 *           "rule": "fill",
                 *           "level": "should",
                 *           "at_least": 0.8,
                 *           "slots": "main"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ChannelInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            /** @description `channel_invalid`: The channel has errors. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "channel_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Only events of this batch */
                batch?: string;
                /** @description Whether to count the deliveries by state, on all pages and of all states */
                counts?: boolean;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                /** @description Only deliveries to this endpoint */
                endpoint?: string;
                limit?: number;
                state?: "pending" | "delivered" | "exhausted";
                /** @description Type of the event */
                type?: "batch.started" | "batch.progress" | "batch.completed" | "batch.completed_with_errors" | "batch.failed" | "batch.cancelled" | "webhook.delivery_exhausted" | "webhook.endpoint_disabled" | "webhook.test";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    redeliver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getExampleCsv: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listHosts: {
        parameters: {
            query?: {
                /** @description Id of a batch: only hosts that its images wait for or failed at, with `waiting` and `failed`. A host is listed from its first download on */
                batch?: string;
                /** @description Whether to count the hosts by state, on all pages and of all states */
                counts?: boolean;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                limit?: number;
                /** @description A part of the name */
                q?: string;
                /** @description open: downloads may begin. slow: open, and slow to its first byte. held: it asked for a pause, or an operator set one. parked: it is unreachable. given_up: its images fail at once; several, separated by commas: one of them */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `shop.example`, `shop.example:8443` */
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    putHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `shop.example`, `shop.example:8443` */
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "ceiling": 4,
                 *       "headers": {
                 *         "authorization": "Bearer …"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HostInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listImages: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                limit?: number;
                url: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImagePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getImageBefore: {
        parameters: {
            query?: {
                /** @description At most so many pixels; a picture is never enlarged */
                width?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/webp": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. `source_changed`: The source is another file now. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict" | "source_changed";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Shop",
                 *       "scope": "write",
                 *       "expires_at": "2027-11-30T00:00:00Z"
                 *     }
                 */
                "application/json": components["schemas"]["KeyInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listPictures: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                kind?: "placeholder" | "allowed";
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MarkedPicturePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getPicture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the source: `source.sha256` of an image */
                sha256: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MarkedPicture"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    putPicture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the source: `source.sha256` of an image */
                sha256: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "kind": "placeholder",
                 *       "note": "\"Coming soon\" of supplier A"
                 *     }
                 */
                "application/json": components["schemas"]["MarkInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MarkedPicture"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deletePicture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the source: `source.sha256` of an image */
                sha256: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listPresets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Preset"][];
                        next_cursor: null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getPreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preset"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    putPreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "description": "For our shop",
                 *       "renditions": [
                 *         {
                 *           "name": "web",
                 *           "width": 1600,
                 *           "height": 1600,
                 *           "format": "webp",
                 *           "quality": 82
                 *         },
                 *         {
                 *           "name": "thumb",
                 *           "width": 320,
                 *           "height": 320,
                 *           "fit": "cover"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["PresetInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preset"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            /** @description `preset_invalid`: The preset has errors. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "preset_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deletePreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description `conflict`: Not possible in the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conflict";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    previewPreset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "rendition": {
                 *         "name": "thumb",
                 *         "width": 320,
                 *         "height": 320,
                 *         "fit": "cover",
                 *         "format": "avif"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PresetPreviewInput"];
            };
        };
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/avif": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            /** @description `preset_invalid`: The preset has errors. `preview_failed`: The preview cannot be made. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "preset_invalid" | "preview_failed";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listProducts: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                limit?: number;
                sku: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description An API key */
                    key: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listUploads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Upload"][];
                        next_cursor: null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createUpload: {
        parameters: {
            query?: {
                /** @description Name of the file, if it is sent as a body */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                "application/x-ndjson": unknown;
                "application/xml": unknown;
                "application/zip": unknown;
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description The CSV or workbook
                     */
                    file: string;
                };
                "text/csv": unknown;
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            410: components["responses"]["Gone"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUploadErrorsCsv: {
        parameters: {
            query?: {
                /** @description Encoding of a file that is neither UTF-8 nor UTF-16 with a byte order mark, such as windows-1252 */
                charset?: string;
                /** @description JSON: which column has which role, where its name does not say so, such as {"images": ["Foto 1", "Foto 2"], "sku": "Art.-Nr.", "width": null} */
                columns?: string;
                /** @description Line number of the header in the file, if it is not found automatically */
                header_line?: number;
                /** @description Of a ZIP of pictures without a table: what their names mean. sku-number: digits behind the last - or _ are the number of the picture (A-12.jpg is picture 12 of A). sku: a whole name is a SKU (A-12.jpg is the picture of A-12). auto: as the other names show */
                picture_names?: "auto" | "sku-number" | "sku";
                /** @description Which renditions to make */
                preset?: string;
                /** @description Of a workbook: the name of the sheet to read, or its number among those that are not hidden. Default: the only one with an image column */
                sheet?: string;
                /** @description Counts warnings as errors */
                strict?: boolean;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            410: components["responses"]["Gone"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUsage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description Whether to count the deliveries of each in the last 7 days */
                counts?: boolean;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                /** @description registered, configured, callback; several, separated by commas: one of them */
                kind?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://shop.example/hooks/minilab",
                 *       "description": "Shop",
                 *       "event_types": [
                 *         "batch.completed"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["WebhookInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointWithSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookPatchInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description Only events of this batch */
                batch?: string;
                /** @description Whether to count the deliveries by state, on all pages and of all states */
                counts?: boolean;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                limit?: number;
                state?: "pending" | "delivered" | "exhausted";
                /** @description Type of the event */
                type?: "batch.started" | "batch.progress" | "batch.completed" | "batch.completed_with_errors" | "batch.failed" | "batch.cancelled" | "webhook.delivery_exhausted" | "webhook.endpoint_disabled" | "webhook.test";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    replayWebhook: {
        parameters: {
            query: {
                since: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description How many deliveries are sent again */
                        count: number;
                        /** @description Whether to call this again */
                        has_more: boolean;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description For how many seconds the old secret signs along; 0 drops it at once
                     * @default 86400
                     */
                    expires_in?: number;
                    /** @description A secret of your own: whsec_ and 24 to 64 bytes in base64. By default, one is made */
                    secret?: string;
                } | null;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointWithSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listInboxMessages: {
        parameters: {
            query?: {
                /** @description false: every `body` is empty; the message itself has it */
                bodies?: boolean;
                /** @description Whether to count the messages on all pages */
                counts?: boolean;
                /** @description `next_cursor` of the previous page */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxMessagePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    receiveInboxMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ok: boolean;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description `not_verified`: The signature is not valid. */
            401: {
                headers: {
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "not_verified";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["URITooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getInboxMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                message: string;
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxMessage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getWorkers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Worker"][];
                        /** @description Of all workers together */
                        slots: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            417: components["responses"]["ExpectationFailed"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    onBatchCancelled: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        batch: components["schemas"]["BatchSummary"];
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "batch.cancelled";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onBatchCompleted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        batch: components["schemas"]["BatchSummary"];
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "batch.completed";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onBatchCompletedWithErrors: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        batch: components["schemas"]["BatchSummary"];
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "batch.completed_with_errors";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onBatchFailed: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        batch: components["schemas"]["BatchSummary"];
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "batch.failed";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onBatchProgress: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        batch: components["schemas"]["BatchSummary"];
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "batch.progress";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onBatchStarted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        batch: components["schemas"]["BatchSummary"];
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "batch.started";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onWebhookDeliveryExhausted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        delivery: {
                            attempt_count: number;
                            batch_id: string | null;
                            endpoint: {
                                host: string;
                                id: string;
                                /** @enum {string} */
                                kind: "registered" | "configured" | "callback";
                            };
                            event: {
                                id: string;
                                /** @enum {string} */
                                type: "batch.started" | "batch.progress" | "batch.completed" | "batch.completed_with_errors" | "batch.failed" | "batch.cancelled";
                            };
                            id: string;
                            last_error: string | null;
                            last_status: number | null;
                        };
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "webhook.delivery_exhausted";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onWebhookEndpointDisabled: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        endpoint: {
                            description: string;
                            /** Format: date-time */
                            disabled_at: string;
                            disabled_because: string | null;
                            host: string;
                            id: string;
                            /** @enum {string} */
                            kind: "registered" | "configured" | "callback";
                        };
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "webhook.endpoint_disabled";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onWebhookTest: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event, the same in every attempt
                 * @example evt_01m82bbccpf6h8e921rhtf9jgk
                 */
                "webhook-id": string;
                /**
                 * @description Signatures of this attempt, separated by spaces (Standard Webhooks)
                 * @example v1,…
                 */
                "webhook-signature": string;
                /**
                 * @description Seconds since 1970, of this attempt
                 * @example 1795375346
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        endpoint: {
                            description: string;
                            id: string;
                        };
                    };
                    /**
                     * Format: date-time
                     * @description Time of the event
                     */
                    timestamp: string;
                    /** @constant */
                    type: "webhook.test";
                };
            };
        };
        responses: {
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wants no more events */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
