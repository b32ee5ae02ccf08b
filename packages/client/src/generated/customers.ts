// Generated from packages/contract/openapi/customers.json by `npm run generate`.

export interface paths {
    "/.well-known/oauth-protected-resource": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find the issuer of access tokens for this API (RFC 9728)
         * @description For a client that knows only the address of this API. A 401 names this address in `WWW-Authenticate`. The metadata of the issuer names the endpoints that issue tokens.
         */
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
         * List the n youngest customers, or a page of customers
         * @description A page continues after the last customer of the page before. So you neither miss a customer nor get one twice because others are inserted, changed or deleted meanwhile.
         */
        get: operations["listCustomers"];
        put?: never;
        /**
         * Create a customer
         * @description With an Idempotency-Key you can retry safely. You get 409 while the first request is running, and 422 if the key was used for another body. A refused request does not use up its key.
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
        /**
         * Get a customer
         * @description The answer has an ETag. Send it in `If-None-Match` to get a changed customer only, or in `If-Match` to overwrite no change of another client.
         */
        get: operations["getCustomer"];
        /**
         * Replace a customer, or create one with an id of your choice
         * @description To create a customer, send `If-None-Match: *`. You get 412 if the id exists.
         */
        put: operations["replaceCustomer"];
        post?: never;
        /**
         * Delete a customer
         * @description You cannot undo it. Send `If-Match` to delete only the version that you know; if the customer has changed, you get 412.
         */
        delete: operations["deleteCustomer"];
        options?: never;
        head?: never;
        /**
         * Change some members of a customer
         * @description Send a JSON merge patch (RFC 7396).
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
         * Export all customers, or a selection, as a file
         * @description You get CSV or NDJSON, by `Accept`, from one snapshot. Read it within five minutes. In CSV an apostrophe precedes each text that a spreadsheet would compute as a formula, also after a `;`; an import removes it again. With `bom=true` Excel shows the letters correctly.
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
         * @description The import creates all customers of the file or none, unless you skip errors. A file has at most 128 MiB, and the import at most five minutes. With `Accept: application/x-ndjson` you get a line of progress every second. The status is 200 from the first line on, and the last line has the result. You get 409 if another request creates a customer with an id of your file during the import: send the file again, and the answer names the line.
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
         * ProblemDetail
         * @description A fault in the input
         */
        ProblemDetail: {
            /** @description A JSON Pointer (RFC 6901) into the body, or `/name` of a parameter. */
            pointer: string;
            /** @description Completes the sentence "the value …". */
            detail: string;
        };
        /**
         * Problem
         * @description RFC 9457 problem details
         */
        Problem: {
            /** @description Always `about:blank`: `code` distinguishes the problems of one status. */
            type: string;
            /** @description The reason phrase of the status. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            /** @description A stable code for programs. */
            code: string;
            /** @description An explanation for people. */
            detail: string;
            /** @description The path of the request. */
            instance?: string;
            /** @description The id of the request, also in `X-Request-Id` and in the logs. */
            request_id: string;
            /** @description One entry for each fault in the input, up to twenty. */
            errors?: components["schemas"]["ProblemDetail"][];
        };
        /**
         * ProtectedResourceMetadata
         * @description The issuer of access tokens for this API, and the way to send them
         */
        ProtectedResourceMetadata: {
            /**
             * Format: uri
             * @description The identifier of this API: the origin that you call
             */
            resource: string;
            /** @description The issuers of access tokens for this API: exactly one */
            authorization_servers: string[];
            /** @description The scopes of this API */
            scopes_supported: string[];
            /** @description The ways to send an access token: only in the Authorization header */
            bearer_methods_supported: string[];
            /** @description The algorithms of proofs of possession, for tokens that are bound to a key (RFC 9449) */
            dpop_signing_alg_values_supported: string[];
            /** @description Always false: this API takes Bearer tokens too. The issuer decides which tokens are bound to a key */
            dpop_bound_access_tokens_required: boolean;
            /** @description The name of this API, for people */
            resource_name: string;
            /**
             * Format: uri
             * @description The documentation of this API, for people
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
             * @description A UUIDv7 from this service, or the id that you chose.
             * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
             */
            id: string;
            /**
             * @description The name in NFC, 1 to 255 characters.
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
             * @description The time of the last write, in UTC, by the clock of the database.
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
            /** @description The customers, in the order of the list. */
            items: components["schemas"]["Customer"][];
            /** @description The cursor of the next page; null on the last page, and always for the n youngest. */
            next_cursor: string | null;
        };
        /** NewCustomer */
        NewCustomer: {
            /**
             * @description Stored in NFC and trimmed; it must then have 1 to 255 characters and no control characters. Names need not be unique.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * Format: date
             * @description Date of birth, `YYYY-MM-DD`: an existing day, from year 0001, not in the future (UTC).
             * @example 1815-12-10
             */
            dob: string;
        };
        /**
         * CustomerPatch
         * @description A merge patch (RFC 7396). Members that you leave out stay the same. A required member cannot be removed, so null is refused for it. An empty patch changes nothing, not even `updated_at`.
         */
        CustomerPatch: {
            /**
             * @description Stored in NFC and trimmed; it must then have 1 to 255 characters and no control characters. Names need not be unique.
             * @example Ada Lovelace
             */
            name?: string;
            /**
             * Format: date
             * @description Date of birth, `YYYY-MM-DD`: an existing day, from year 0001, not in the future (UTC).
             * @example 1815-12-10
             */
            dob?: string;
        };
        /** LineProblem */
        LineProblem: {
            /** @description The number of the first line of the record, from 1. */
            line: number;
            /** @description The wrong member or column; null if the whole line is wrong. */
            member: string | null;
            /** @description The problem, as the end of a sentence that begins with "it". */
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
            /** @description The number of the line that was read last, from 1. */
            lines_read: number;
            /** @description The number of customers that the import has created, or with `dry_run` would create. */
            created: number;
            /** @description The number of wrong lines. */
            skipped: number;
            /** @description The first 1,000 problems, by line. */
            problems: components["schemas"]["LineProblem"][];
        };
        /** ImportProblem */
        ImportProblem: {
            /** @description Always `about:blank`: `code` distinguishes the problems of one status. */
            type: string;
            /** @description The reason phrase of the status. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            /** @description A stable code for programs. */
            code: string;
            /** @description An explanation for people. */
            detail: string;
            /** @description The path of the request. */
            instance?: string;
            /** @description The id of the request, also in `X-Request-Id` and in the logs. */
            request_id: string;
            /** @description One entry for each fault in the input, up to twenty. */
            errors?: components["schemas"]["ProblemDetail"][];
            /** @description The number of the line that was read last, from 1. */
            lines_read: number;
            /** @description The number of customers that the import has created, or with `dry_run` would create. */
            created: number;
            /** @description The number of wrong lines. */
            skipped: number;
            /** @description The first 1,000 problems, by line. */
            problems: components["schemas"]["LineProblem"][];
        };
    };
    responses: {
        /** @description Too many requests: try again after Retry-After seconds */
        TooManyRequests: {
            headers: {
                /** @description The number of seconds to wait before you try again */
                "Retry-After": string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many requests: try again after Retry-After seconds */
        RateLimitExceeded: {
            headers: {
                /** @description The number of seconds to wait before you try again */
                "Retry-After": string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The id of the request in all logs, and the `request_id` of problems. */
        "X-Request-Id": string;
        /** @description The limit for the requests of your account or client to one process: `q` requests in `w` seconds. Absent if no limit is set. */
        "RateLimit-Policy": string;
        /** @description You may send `r` more requests now. After `t` seconds without one you may send `q` again. */
        RateLimit: string;
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
            /** @description The issuer of access tokens for this API, and the way to send them */
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
                     *       "dpop_signing_alg_values_supported": [
                     *         "ES256"
                     *       ],
                     *       "dpop_bound_access_tokens_required": false,
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
                    "Accept-Encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["TooManyRequests"];
            /** @description A fault of the server; the answer has no details */
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
                /** @description The number of youngest customers, 1 to 1000, such as `5`. The other parameters are for pages: send `n` alone. */
                n?: number;
                /** @description The number of customers on a page, 1 to 100; default 20. */
                limit?: number;
                /** @description The `next_cursor` of a page with the same sort and filters. */
                cursor?: string;
                /** @description The member to sort by, with `-` for descending; default `-dob`. The case of names makes no difference. Ties are ordered by `id`. */
                sort?: "dob" | "-dob" | "name" | "-name" | "updated_at" | "-updated_at";
                /** @description The beginning of names, in any case, such as `ada`; up to 255 characters in NFC. */
                name?: string;
                /** @description The earliest date of birth, `YYYY-MM-DD`. */
                dob_from?: string;
                /** @description The latest date of birth, `YYYY-MM-DD`. */
                dob_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customers in the requested order; ties are ordered by `id`, in the same direction */
            200: {
                headers: {
                    /** @description A link to the next page, `rel="next"` (RFC 8288). The last page has none. */
                    Link?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimitExceeded"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                /** @description Makes a retry safe: the service runs a request with this key once, and gives the same answer to its retries for 24 hours. The key has 1 to 255 visible characters, such as a UUID, `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, with or without quotation marks. */
                "Idempotency-Key"?: string;
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
            /** @description The new customer */
            201: {
                headers: {
                    /** @description A strong entity tag, which changes with every write. Send it in If-Match or If-None-Match. */
                    ETag: string;
                    /** @description The path of the new customer. */
                    Location: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with existing data */
            409: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "Accept-Post"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after Retry-After seconds */
            429: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                /** @description You get 304 if this ETag, such as `"1"`, is the current one (RFC 9110 §13.1.2). */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The id of the customer.
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
                    /** @description A strong entity tag, which changes with every write. Send it in If-Match or If-None-Match. */
                    ETag: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
            /** @description The ETag in If-None-Match is the current one */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimitExceeded"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                /** @description Write only if this ETag, such as `"1"`, is the current one (RFC 9110 §13.1.1); otherwise you get 412. Without this header the last write wins. */
                "If-Match"?: string;
                /** @description Write only if this ETag is not the current one, or with `*` only if there is no such customer (RFC 9110 §13.1.2); otherwise you get 412. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The id of the customer.
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
                    /** @description A strong entity tag, which changes with every write. Send it in If-Match or If-None-Match. */
                    ETag: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
            /** @description The new customer */
            201: {
                headers: {
                    /** @description A strong entity tag, which changes with every write. Send it in If-Match or If-None-Match. */
                    ETag: string;
                    /** @description The path of the new customer. */
                    Location: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The precondition in If-Match or If-None-Match does not hold */
            412: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimitExceeded"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                /** @description Write only if this ETag, such as `"1"`, is the current one (RFC 9110 §13.1.1); otherwise you get 412. Without this header the last write wins. */
                "If-Match"?: string;
                /** @description Write only if this ETag is not the current one, or with `*` only if there is no such customer (RFC 9110 §13.1.2); otherwise you get 412. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The id of the customer.
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customer is deleted */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query, a header or the JSON itself is malformed */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The precondition in If-Match or If-None-Match does not hold */
            412: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimitExceeded"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                /** @description Write only if this ETag, such as `"1"`, is the current one (RFC 9110 §13.1.1); otherwise you get 412. Without this header the last write wins. */
                "If-Match"?: string;
                /** @description Write only if this ETag is not the current one, or with `*` only if there is no such customer (RFC 9110 §13.1.2); otherwise you get 412. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The id of the customer.
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        /** @description A merge patch (RFC 7396). Members that you leave out stay the same. A required member cannot be removed, so null is refused for it. An empty patch changes nothing, not even `updated_at`. */
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
                    /** @description A strong entity tag, which changes with every write. Send it in If-Match or If-None-Match. */
                    ETag: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The precondition in If-Match or If-None-Match does not hold */
            412: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (RFC 5789 §2.2) */
                    "Accept-Patch"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimitExceeded"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                /** @description The member to sort by, with `-` for descending; default `-dob`. The case of names makes no difference. Ties are ordered by `id`. */
                sort?: "dob" | "-dob" | "name" | "-name" | "updated_at" | "-updated_at";
                /** @description The beginning of names, in any case, such as `ada`; up to 255 characters in NFC. */
                name?: string;
                /** @description The earliest date of birth, `YYYY-MM-DD`. */
                dob_from?: string;
                /** @description The latest date of birth, `YYYY-MM-DD`. */
                dob_to?: string;
                /** @description True if the file should begin with a byte order mark, without which Excel does not read UTF-8. Only for CSV. */
                bom?: boolean;
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
                    /** @description A suggested file name. */
                    "Content-Disposition": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after Retry-After seconds */
            429: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                /** @description With `abort`, the default, a single wrong line makes the import create nothing. With `skip` the import leaves out wrong lines. */
                on_error?: "abort" | "skip";
                /** @description True if the import should only check the file. */
                dry_run?: boolean;
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
            /** @description The result; with `Accept: application/x-ndjson` lines of progress, and the result in the last line */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token or other credential is missing or not valid */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Authenticated, but not allowed */
            403: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with existing data */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "Accept-Post"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Lines are wrong, and the import has created nothing */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ImportProblem"];
                };
            };
            /** @description Too many requests: try again after Retry-After seconds */
            429: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
