// Made of packages/contract/openapi/customers.json by `npm run generate`.

export interface paths {
    "/.well-known/oauth-protected-resource": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who issues tokens for this API (RFC 9728) */
        get: operations["getProtectedResourceMetadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The n youngest customers, or a page of them
         * @description Pages go on from the last customer of the page before, so that none is skipped or shown twice because others are inserted, changed or deleted meanwhile.
         */
        get: operations["listCustomers"];
        put?: never;
        /**
         * Create a customer
         * @description With an Idempotency-Key a retry is safe: 409 while the first request is not answered yet, 422 when the key was used for another body. What is refused is not kept.
         */
        post: operations["createCustomer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One customer */
        get: operations["getCustomer"];
        /**
         * Replace a customer, or create one under an id of one’s own
         * @description Creates only with `If-None-Match: *`, and then only if there is no such customer.
         */
        put: operations["replaceCustomer"];
        post?: never;
        /** Delete a customer */
        delete: operations["deleteCustomer"];
        options?: never;
        head?: never;
        /**
         * Change some members of a customer
         * @description A JSON merge patch (RFC 7396).
         */
        patch: operations["patchCustomer"];
        trace?: never;
    };
    "/customers/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All customers, or a selection of them, as a file
         * @description As CSV or NDJSON, as `Accept` has it, from one snapshot. You must read it within five minutes. In CSV an apostrophe is in front of what a spreadsheet would take for a formula, also behind a `;`; an import takes it away again. With `bom=true` Excel reads the letters right.
         */
        get: operations["exportCustomers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create customers from a file
         * @description All or nothing, unless errors are skipped; at most 128 MiB, in at most five minutes. With `Accept: application/x-ndjson` the answer tells every second how far it is, and its status is 200 from then on: the last line says how it ended. 409: an id of the file was taken while it was imported; sent again, the file is told which line it is.
         */
        post: operations["importCustomers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Problem
         * @description RFC 9457 problem details
         */
        Problem: {
            /** @description Always `about:blank`: `code` tells the problems of one status apart. */
            type: string;
            /** @description The reason phrase of the status. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            /** @description Stable, for programs. */
            code: string;
            /** @description For people. */
            detail: string;
            /** @description The path of the request. */
            instance?: string;
            /** @description Also in `X-Request-Id` and in the logs. */
            request_id: string;
            /** @description One for each fault in the input. */
            errors?: {
                /** @description JSON Pointer (RFC 6901) into the body, or `/name` of a parameter. */
                pointer: string;
                /** @description Completes the sentence "the value …". */
                detail: string;
            }[];
        };
        /**
         * ProtectedResourceMetadata
         * @description Who issues tokens for this resource, and how they are sent
         */
        ProtectedResourceMetadata: {
            /**
             * Format: uri
             * @description This API, as clients call it
             */
            resource: string;
            /** @description Who issues them: one */
            authorization_servers: string[];
            /** @description What a token for it can allow */
            scopes_supported: string[];
            /** @description How a token is sent: in the header */
            bearer_methods_supported: string[];
            /** @description For people */
            resource_name: string;
            /**
             * Format: uri
             * @description For people
             */
            resource_documentation: string;
        };
        /**
         * Customer
         * @example {
         *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
         *       "name": "Ada Lovelace",
         *       "dob": "1815-12-10",
         *       "updated_at": "2026-11-30T09:41:07.123Z"
         *     }
         */
        Customer: {
            /**
             * Format: uuid
             * @description UUIDv7, made here.
             * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
             */
            id: string;
            /**
             * @description In NFC, 1 to 255 characters.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * Format: date
             * @description Date of birth, `YYYY-MM-DD`.
             * @example 1815-12-10
             */
            dob: string;
            /**
             * Format: date-time
             * @description When it was last written, UTC, set by the database.
             * @example 2026-11-30T09:41:07.123Z
             */
            updated_at: string;
        };
        /**
         * CustomerPage
         * @example {
         *       "items": [
         *         {
         *           "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
         *           "name": "Ada Lovelace",
         *           "dob": "1815-12-10",
         *           "updated_at": "2026-11-30T09:41:07.123Z"
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        CustomerPage: {
            /** @description As many as were asked for, or all there are. */
            items: components["schemas"]["Customer"][];
            /** @description For the next page; null on the last, and always for the n youngest. */
            next_cursor: string | null;
        };
        /** NewCustomer */
        NewCustomer: {
            /**
             * @description Kept in NFC and trimmed; then 1 to 255 characters, none of them a control character. Not unique.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * Format: date
             * @description Date of birth, `YYYY-MM-DD`: a day that exists, from year 0001, not in the future (UTC).
             * @example 1815-12-10
             */
            dob: string;
        };
        /**
         * CustomerPatch
         * @description RFC 7396. Members that are left out stay as they are; none can be removed, so null is refused. An empty patch changes nothing, `updated_at` included.
         */
        CustomerPatch: {
            /**
             * @description Kept in NFC and trimmed; then 1 to 255 characters, none of them a control character. Not unique.
             * @example Ada Lovelace
             */
            name?: string;
            /**
             * Format: date
             * @description Date of birth, `YYYY-MM-DD`: a day that exists, from year 0001, not in the future (UTC).
             * @example 1815-12-10
             */
            dob?: string;
        };
        /** LineProblem */
        LineProblem: {
            /** @description Where the record starts, from 1. */
            line: number;
            /** @description Which member, or column; null when it is the line as a whole. */
            member: string | null;
            /** @description What is wrong: completes the sentence "it …". */
            reason: string;
        };
        /**
         * ImportReport
         * @example {
         *       "lines_read": 2,
         *       "created": 1,
         *       "skipped": 0,
         *       "problems": []
         *     }
         */
        ImportReport: {
            /** @description The line that was read last, from 1. */
            lines_read: number;
            /** @description Customers that were made, or would be. */
            created: number;
            /** @description Lines that were wrong. */
            skipped: number;
            /** @description The first 1,000 of them, by line. */
            problems: components["schemas"]["LineProblem"][];
        };
        /** ImportProblem */
        ImportProblem: {
            /** @description Always `about:blank`: `code` tells the problems of one status apart. */
            type: string;
            /** @description The reason phrase of the status. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            /** @description Stable, for programs. */
            code: string;
            /** @description For people. */
            detail: string;
            /** @description The path of the request. */
            instance?: string;
            /** @description Also in `X-Request-Id` and in the logs. */
            request_id: string;
            /** @description One for each fault in the input. */
            errors?: {
                /** @description JSON Pointer (RFC 6901) into the body, or `/name` of a parameter. */
                pointer: string;
                /** @description Completes the sentence "the value …". */
                detail: string;
            }[];
            /** @description The line that was read last, from 1. */
            lines_read: number;
            /** @description Customers that were made, or would be. */
            created: number;
            /** @description Lines that were wrong. */
            skipped: number;
            /** @description The first 1,000 of them, by line. */
            problems: components["schemas"]["LineProblem"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Names the request in all logs; `request_id` of problems. */
        "X-Request-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getProtectedResourceMetadata: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who issues tokens for this resource, and how they are sent */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "resource": "http://localhost:8080",
                     *       "authorization_servers": [
                     *         "http://localhost:8080"
                     *       ],
                     *       "scopes_supported": [
                     *         "customers:read",
                     *         "customers:write"
                     *       ],
                     *       "bearer_methods_supported": [
                     *         "header"
                     *       ],
                     *       "resource_name": "Customers",
                     *       "resource_documentation": "http://localhost:8080/docs/customers"
                     *     }
                     */
                    "application/json": components["schemas"]["ProtectedResourceMetadata"];
                };
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCustomers: {
        parameters: {
            query?: {
                /**
                 * @description The n youngest: 1 to 1000. Alone; all else is for pages.
                 * @example 5
                 */
                n?: number;
                /** @description Customers on a page: 1 to 100, default 20. */
                limit?: number;
                /** @description `next_cursor` of a page with the same sort and filters. */
                cursor?: string;
                /** @description By which member, `-` for descending; default `-dob`. Names in any case alike, then by id. */
                sort?: "dob" | "-dob" | "name" | "-name" | "updated_at" | "-updated_at";
                /** @description Names that begin so, in any case, such as `ada`; up to 255 characters in NFC. */
                name?: string;
                /** @description Born then or later. YYYY-MM-DD. */
                dob_from?: string;
                /** @description Born then or earlier. YYYY-MM-DD. */
                dob_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Customers in the order that was asked for; rows that are equal in it, by `id` in the same direction */
            200: {
                headers: {
                    /** @description RFC 8288, `rel="next"`; unless it is the last page. */
                    Link?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *           "name": "Ada Lovelace",
                     *           "dob": "1815-12-10",
                     *           "updated_at": "2026-11-30T09:41:07.123Z"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["CustomerPage"];
                };
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createCustomer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same request with the same key is done once, and answered alike for 24 hours. 1 to 255 visible characters, such as a UUID, `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, with or without quotation marks. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada Lovelace",
                 *       "dob": "1815-12-10"
                 *     }
                 */
                "application/json": components["schemas"]["NewCustomer"];
            };
        };
        responses: {
            /** @description The customer that was made */
            201: {
                headers: {
                    /** @description Strong; changes with every write. For If-Match and If-None-Match. */
                    ETag: string;
                    /** @description The path of the new customer. */
                    Location: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "name": "Ada Lovelace",
                     *       "dob": "1815-12-10",
                     *       "updated_at": "2026-11-30T09:41:07.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with what exists */
            409: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding"?: string;
                    /** @description The media types that the body may have */
                    accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "accept-post"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is JSON, but breaks the schema or a rule */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCustomer: {
        parameters: {
            query?: never;
            header?: {
                /** @description 304 if this, such as `"1"`, is the current version (RFC 9110 §13.1.2). */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description Of the customer.
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customer */
            200: {
                headers: {
                    /** @description Strong; changes with every write. For If-Match and If-None-Match. */
                    ETag: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "name": "Ada Lovelace",
                     *       "dob": "1815-12-10",
                     *       "updated_at": "2026-11-30T09:41:07.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The version that If-None-Match names is the current one */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replaceCustomer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Write only while this, such as `"1"`, is the current version (RFC 9110 §13.1.1); else 412. Without it the last write wins. */
                "if-match"?: string;
                /** @description Write only while this is not the current version; `*`: only if there is no such customer (RFC 9110 §13.1.2). Else 412. */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description Of the customer.
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada Lovelace",
                 *       "dob": "1815-12-10"
                 *     }
                 */
                "application/json": components["schemas"]["NewCustomer"];
            };
        };
        responses: {
            /** @description The customer */
            200: {
                headers: {
                    /** @description Strong; changes with every write. For If-Match and If-None-Match. */
                    ETag: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "name": "Ada Lovelace",
                     *       "dob": "1815-12-10",
                     *       "updated_at": "2026-11-30T09:41:07.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The customer that was made */
            201: {
                headers: {
                    /** @description Strong; changes with every write. For If-Match and If-None-Match. */
                    ETag: string;
                    /** @description The path of the new customer. */
                    Location: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "name": "Ada Lovelace",
                     *       "dob": "1815-12-10",
                     *       "updated_at": "2026-11-30T09:41:07.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description If-Match or If-None-Match does not hold */
            412: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding"?: string;
                    /** @description The media types that the body may have */
                    accept?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is JSON, but breaks the schema or a rule */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteCustomer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Write only while this, such as `"1"`, is the current version (RFC 9110 §13.1.1); else 412. Without it the last write wins. */
                "if-match"?: string;
                /** @description Write only while this is not the current version; `*`: only if there is no such customer (RFC 9110 §13.1.2). Else 412. */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description Of the customer.
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description If-Match or If-None-Match does not hold */
            412: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding"?: string;
                    /** @description The media types that the body may have */
                    accept?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchCustomer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Write only while this, such as `"1"`, is the current version (RFC 9110 §13.1.1); else 412. Without it the last write wins. */
                "if-match"?: string;
                /** @description Write only while this is not the current version; `*`: only if there is no such customer (RFC 9110 §13.1.2). Else 412. */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description Of the customer.
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        /** @description RFC 7396. Members that are left out stay as they are; none can be removed, so null is refused. An empty patch changes nothing, `updated_at` included. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada Lovelace"
                 *     }
                 */
                "application/merge-patch+json": components["schemas"]["CustomerPatch"];
                /**
                 * @example {
                 *       "name": "Ada Lovelace"
                 *     }
                 */
                "application/json": components["schemas"]["CustomerPatch"];
            };
        };
        responses: {
            /** @description The customer */
            200: {
                headers: {
                    /** @description Strong; changes with every write. For If-Match and If-None-Match. */
                    ETag: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "name": "Ada Lovelace",
                     *       "dob": "1815-12-10",
                     *       "updated_at": "2026-11-30T09:41:07.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description If-Match or If-None-Match does not hold */
            412: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding"?: string;
                    /** @description The media types that the body may have */
                    accept?: string;
                    /** @description The media types that the body may have (RFC 5789 §2.2) */
                    "accept-patch"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is JSON, but breaks the schema or a rule */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportCustomers: {
        parameters: {
            query?: {
                /** @description By which member, `-` for descending; default `-dob`. Names in any case alike, then by id. */
                sort?: "dob" | "-dob" | "name" | "-name" | "updated_at" | "-updated_at";
                /** @description Names that begin so, in any case, such as `ada`; up to 255 characters in NFC. */
                name?: string;
                /** @description Born then or later. YYYY-MM-DD. */
                dob_from?: string;
                /** @description Born then or earlier. YYYY-MM-DD. */
                dob_to?: string;
                /** @description `true`: CSV begins with a byte order mark, by which Excel knows UTF-8. For CSV alone. */
                bom?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customers */
            200: {
                headers: {
                    /** @description A name for the file. */
                    "Content-Disposition": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                    "application/x-ndjson": string;
                };
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importCustomers: {
        parameters: {
            query?: {
                /** @description `abort` (default): one wrong line, and nothing is imported. `skip`: wrong lines are left out. */
                on_error?: "abort" | "skip";
                /** @description `true`: checks everything and imports nothing. */
                dry_run?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example name,dob
                 *     Ada Lovelace,1815-12-10
                 */
                "text/csv": unknown;
                /** @example {"name":"Ada Lovelace","dob":"1815-12-10"} */
                "application/x-ndjson": unknown;
            };
        };
        responses: {
            /** @description How it ended; or how it goes, a line each second, and then how it ended */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "lines_read": 2,
                     *       "created": 1,
                     *       "skipped": 0,
                     *       "problems": []
                     *     }
                     */
                    "application/json": components["schemas"]["ImportReport"];
                    "application/x-ndjson": string;
                };
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token or other credential, or one that is not valid */
            401: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks is known, but may not do this */
            403: {
                headers: {
                    /** @description What the request lacks (RFC 9110 §11.6.1) */
                    "www-authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request took too long to arrive */
            408: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with what exists */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type of the body is not supported */
            415: {
                headers: {
                    /** @description The content codings that bodies may have */
                    "accept-encoding"?: string;
                    /** @description The media types that the body may have */
                    accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "accept-post"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect asks for something else than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Lines are wrong; nothing was imported */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ImportProblem"];
                };
            };
            /** @description A fault of ours, told without details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away; try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description After how many seconds to try again */
                    "retry-after": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
