// Generated from packages/contract/openapi/auth.json by `npm run generate`.

export interface paths {
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description An unknown user, a wrong password and a disabled user get the same answer. After 10 failures in 10 minutes for one username from one address (IPv6: from one /64), or 100 from one address, you get 429 from that address, also for the right password. So does an account after 10,000 sign-ins that succeeded, until one more is free every 20 seconds. Wait as many seconds as Retry-After says. A proof in the header DPoP binds the session to its key.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh an access token
         * @description Returns a new access token and the successor of the refresh token. A refresh token works once. If you send the token before the newest again within a few seconds (REFRESH_REPLAY_WINDOW_SECONDS), you get the same successor, so a lost answer or a second tab costs nothing. Any other used token ends its session: all its tokens are refused from then on. A session that is bound to a key needs a proof of that key, and without it nothing happens to the session. A proof binds an unbound session from then on, unless the request is a repeat.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out
         * @description Ends the session of the Bearer token. If that token has expired, send the refresh token in the body. The access tokens of the session are refused everywhere within a second. You can repeat the request.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out everywhere: end all your sessions
         * @description Ends the session of this request too. The access tokens of all your sessions are refused everywhere within a second.
         */
        post: operations["logoutAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your sessions
         * @description Lists the sessions that have not ended, the last used first. `current` marks the session of this request.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions/{id}": {
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
         * End one of your sessions
         * @description The access tokens of the session are refused everywhere within a second.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get your account
         * @description Shows the scopes of your account now. An access token has the scopes of the time when it was issued.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change your password
         * @description Ends all your sessions, this one too: within a second every service refuses their tokens, and you sign in again. A wrong current password is 403 `wrong_password`, not 401, because the access token is valid; it counts as a failed attempt to sign in.
         */
        put: operations["changePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the users by username
         * @description A page continues after the last username of the page before. Send its `next_cursor` as `cursor`, until `next_cursor` is null.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Create a user
         * @description The user can sign in at once. Without `scope` the account has no scopes. A username that is taken, in any case, gets 409.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a user
         * @description Shows also if the user is disabled. The list of users names the ids.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Delete a user
         * @description Deletes the account, and ends all sessions of the user: within a second every service refuses their tokens. The username is free again. Security events keep only the id of the user, until they are 90 days old.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        /**
         * Disable or enable a user, or set their scopes
         * @description If you disable a user or remove a scope, all sessions of that user end: within a second every service refuses their access tokens. A scope that you add is in the next access token.
         */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/auth/users/{id}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the password of a user
         * @description For a user who has forgotten their password. Ends all sessions of the user: within a second every service refuses their tokens. A disabled user stays disabled, and after too many failed attempts to sign in the user still has to wait. Your own password you change at `PUT /auth/password`.
         */
        put: operations["resetPassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the latest security events
         * @description Returns up to 1,000 events of the last 90 days: sign-ins, sign-outs, reused refresh tokens, and changes of passwords, users, clients and keys. No event contains a password or a token.
         */
        get: operations["listSecurityEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register an account
         * @description Works only if the operator has opened registration; otherwise the answer is 403 `registration_closed`.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/oauth-authorization-server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the metadata of the authorization server (RFC 8414)
         * @description A standard OAuth 2.0 client needs to know only the issuer, and finds every endpoint here, with the grants and the scopes.
         */
        get: operations["getAuthorizationServerMetadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/openid-configuration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the same metadata, at the address of OpenID Connect Discovery
         * @description For libraries that ask for no other address. auth issues no `id_token`, and has no scope `openid`: `GET /oauth/userinfo` names the user.
         */
        get: operations["getOpenidConfiguration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth/authorize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open the page to sign in to a client
         * @description For browsers. After the sign-in the browser goes to the redirect URI with `code`, `state` and `iss`. An error in the client or the redirect URI is shown to the user; any other error goes to the redirect URI, as `error`.
         */
        get: operations["authorize"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange a code, a refresh token or client credentials for tokens
         * @description Authenticate a confidential client by `Authorization: Basic` or by `client_secret`, and name a public client by `client_id`. Every code needs its PKCE code verifier (S256). Refresh tokens rotate as at `POST /auth/refresh`. A proof in the header DPoP binds the access token to its key, and the refresh tokens of a public client too.
         */
        post: operations["exchangeForTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a token
         * @description A refresh token ends its session with all its tokens. An access token is refused everywhere within a second, and its session goes on. If your client revokes more than ten access tokens of a user in a few minutes, each further one ends its session instead (RFC 7009 §2.1). A client that acts for itself can revoke a hundred tokens in ten minutes, and then gets 429. An unknown or expired token is no error.
         */
        post: operations["revokeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth/introspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check whether a token is valid now, and read its claims
         * @description For confidential clients that were added with `--introspect`. You can verify an access token faster with the public keys, but they do not show a revocation. Introspection does not consume a refresh token.
         */
        post: operations["introspectToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth/userinfo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the id and the name of the user of an access token
         * @description For the access token of any user, with any scope. A client that acts for itself has no user, and gets 403. POST does the same.
         */
        get: operations["getUserinfo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the public keys that verify access tokens
         * @description The header of a token names its key as `kid`. A key is here before it signs, and until its last token has expired. Keep the answer for a minute, and send its ETag in `If-None-Match`.
         */
        get: operations["getJwks"];
        put?: never;
        post?: never;
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
        /** Credentials */
        Credentials: {
            /**
             * @description 3 to 254 letters, digits and . _ - + @ ', such as an e-mail address, which nothing verifies; stored in lower case
             * @example ada
             */
            username: string;
            /**
             * Format: password
             * @description The password, up to 512 characters
             * @example correct horse battery staple
             */
            password: string;
        };
        /**
         * Tokens
         * @description An access token, and a refresh token to get the next access token
         */
        Tokens: {
            /** @description The access token, a JWT (RFC 9068). Send it in the Authorization header, after `token_type` */
            access_token: string;
            /**
             * @description The scheme for the Authorization header: `Bearer` (RFC 6750), or `DPoP` if the token is bound to the key of your proof (RFC 9449 §5)
             * @enum {string}
             */
            token_type: "Bearer" | "DPoP";
            /** @description The lifetime of the access token in seconds */
            expires_in: number;
            /**
             * @description An opaque refresh token. It works once: each refresh returns its successor
             * @example rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
             */
            refresh_token: string;
            /**
             * @description Scopes, separated by spaces (RFC 6749 §3.3), of: customers:read, customers:write, users:admin
             * @example customers:read customers:write
             */
            scope: string;
        };
        /** RefreshRequest */
        RefreshRequest: {
            /**
             * @description An opaque refresh token. It works once: each refresh returns its successor
             * @example rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
             */
            refresh_token: string;
            /**
             * @description Fewer scopes, for this access token only (RFC 6749 §6). Default: all scopes of the user
             * @example customers:read customers:write
             */
            scope?: string;
        };
        /** LogoutRequest */
        LogoutRequest: {
            /**
             * @description An opaque refresh token. It works once: each refresh returns its successor
             * @example rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
             */
            refresh_token?: string;
        } | null;
        /** Session */
        Session: {
            /**
             * @description The `sid` in the access tokens of the session
             * @example AAAAAAAAAAAAAAAAAAAAAA
             */
            id: string;
            /** @description The client of the sign-in */
            client_id: string;
            /**
             * Format: date-time
             * @description When the session began, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the session was last refreshed, or when it began, UTC; the use of an access token does not count
             */
            last_used_at: string;
            /** @description The IP address of the last refresh, or of the sign-in */
            address: string;
            /** @description The user agent at that time, up to 192 bytes */
            user_agent: string;
            /** @description True for the session of this request */
            current: boolean;
            /** @description True if its refresh tokens are bound to a key of the client: a thief without the key cannot use them (RFC 9449) */
            dpop_bound: boolean;
        };
        /**
         * SessionList
         * @description Your sessions that have not ended
         */
        SessionList: {
            /** @description At most 100 sessions, the last used first */
            items: components["schemas"]["Session"][];
        };
        /**
         * User
         * @description The user
         */
        User: {
            /**
             * Format: uuid
             * @description The id, a UUIDv7; the `sub` of the user’s tokens
             */
            id: string;
            /** @description The username, in lower case */
            username: string;
            /**
             * @description Scopes, separated by spaces (RFC 6749 §3.3), of: customers:read, customers:write, users:admin
             * @example customers:read customers:write
             */
            scope: string;
            /**
             * Format: date-time
             * @description The time when the account was created, UTC
             */
            created_at: string;
        };
        /** PasswordChange */
        PasswordChange: {
            /**
             * Format: password
             * @description The password, up to 512 characters
             * @example correct horse battery staple
             */
            current_password: string;
            /**
             * Format: password
             * @description 8 to 128 characters of any kind, counted in NFC. Must be neither the username nor a common password, even in another case
             * @example correct horse battery staple
             */
            new_password: string;
        };
        /**
         * ManagedUser
         * @description The user, as an admin sees it
         * @example {
         *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
         *       "username": "ada",
         *       "scope": "customers:read customers:write",
         *       "created_at": "2026-11-30T09:41:07.123Z",
         *       "disabled": false
         *     }
         */
        ManagedUser: {
            /**
             * Format: uuid
             * @description The id, a UUIDv7; the `sub` of the user’s tokens
             */
            id: string;
            /** @description The username, in lower case */
            username: string;
            /**
             * @description Scopes, separated by spaces (RFC 6749 §3.3), of: customers:read, customers:write, users:admin
             * @example customers:read customers:write
             */
            scope: string;
            /**
             * Format: date-time
             * @description The time when the account was created, UTC
             */
            created_at: string;
            /** @description True if the user is disabled: a disabled user cannot sign in and has no sessions */
            disabled: boolean;
        };
        /**
         * UserPage
         * @description A page of users
         */
        UserPage: {
            /** @description The users, in the order of their usernames */
            items: components["schemas"]["ManagedUser"][];
            /** @description The cursor of the next page; null on the last page */
            next_cursor: string | null;
        };
        /** NewUser */
        NewUser: {
            /**
             * @description 3 to 254 letters, digits and . _ - + @ ', such as an e-mail address, which nothing verifies; stored in lower case
             * @example ada
             */
            username: string;
            /**
             * Format: password
             * @description 8 to 128 characters of any kind, counted in NFC. Must be neither the username nor a common password, even in another case
             * @example correct horse battery staple
             */
            password: string;
            /**
             * @description Scopes, separated by spaces (RFC 6749 §3.3), of: customers:read, customers:write, users:admin
             * @example customers:read customers:write
             */
            scope?: string;
        };
        /** UserPatch */
        UserPatch: {
            /** @description True to disable the user and end all their sessions; false to enable the user */
            disabled?: boolean;
            /**
             * @description Scopes, separated by spaces (RFC 6749 §3.3), of: customers:read, customers:write, users:admin
             * @example customers:read customers:write
             */
            scope?: string;
        };
        /** PasswordReset */
        PasswordReset: {
            /**
             * Format: password
             * @description 8 to 128 characters of any kind, counted in NFC. Must be neither the username nor a common password, even in another case
             * @example correct horse battery staple
             */
            password: string;
        };
        /** SecurityEvent */
        SecurityEvent: {
            /** @description The id; later events have higher ids */
            id: number;
            /**
             * Format: date-time
             * @description The time of the event, UTC
             */
            at: string;
            /**
             * @description The kind of the event
             * @enum {string}
             */
            event: "sign_in" | "sign_in_throttled" | "sign_out" | "sign_out_everywhere" | "session_ended" | "refresh_token_reused" | "refresh_token_repeated" | "refresh_token_without_key" | "authorization_code_reused" | "authorization_code_refused" | "access_token_revoked" | "client_refused" | "client_added" | "client_changed" | "client_secret_rotated" | "client_removed" | "password_changed" | "user_created" | "user_registered" | "user_disabled" | "user_enabled" | "user_deleted" | "scopes_changed" | "signing_key_rotated" | "signing_key_revoked" | "signing_key_resealed";
            /**
             * @description The outcome of the action
             * @enum {string}
             */
            outcome: "succeeded" | "refused";
            /**
             * Format: uuid
             * @description The user who caused the event; null without a signed-in user, and for a command
             */
            actor_id: string | null;
            /**
             * Format: uuid
             * @description The user whom the event concerns; null if there is no such user
             */
            user_id: string | null;
            /** @description The session: the `sid` of its access tokens */
            session_id: string | null;
            /** @description The OAuth 2.0 client of the request; null if the service did not recognize one */
            client_id: string | null;
            /** @description The X-Request-Id of the request, which every log has; null for a command */
            request_id: string | null;
            /** @description The IP address of the client that sent the request */
            address: string | null;
            /** @description For a reused or repeated refresh token, or a reused code: the IP address of the previous use of the session */
            session_address: string | null;
            /** @description More about the event, such as the scopes of a user or the kid of a key */
            detail: string | null;
        };
        /**
         * SecurityEventList
         * @description Security events
         */
        SecurityEventList: {
            /** @description The events, the newest first */
            items: components["schemas"]["SecurityEvent"][];
        };
        /** Registration */
        Registration: {
            /**
             * @description 3 to 254 letters, digits and . _ - + @ ', such as an e-mail address, which nothing verifies; stored in lower case
             * @example ada
             */
            username: string;
            /**
             * Format: password
             * @description 8 to 128 characters of any kind, counted in NFC. Must be neither the username nor a common password, even in another case
             * @example correct horse battery staple
             */
            password: string;
        };
        /**
         * AuthorizationServerMetadata
         * @description The endpoints of the authorization server, and what they support
         */
        AuthorizationServerMetadata: {
            /**
             * Format: uri
             * @description The `iss` of access tokens
             */
            issuer: string;
            /**
             * Format: uri
             * @description The page where a user signs in
             */
            authorization_endpoint: string;
            /**
             * Format: uri
             * @description The endpoint that exchanges codes and refresh tokens
             */
            token_endpoint: string;
            /**
             * Format: uri
             * @description The endpoint that revokes tokens (RFC 7009)
             */
            revocation_endpoint: string;
            /**
             * Format: uri
             * @description The endpoint that introspects tokens (RFC 7662)
             */
            introspection_endpoint: string;
            /**
             * Format: uri
             * @description The endpoint that names the user of an access token (OpenID Connect Core §5.3)
             */
            userinfo_endpoint: string;
            /**
             * Format: uri
             * @description The public keys that verify access tokens
             */
            jwks_uri: string;
            /** @description The scopes of tokens */
            scopes_supported: string[];
            /** @description `public`: the `sub` of a user is the same for every client */
            subject_types_supported: string[];
            /** @description The response types: codes only */
            response_types_supported: string[];
            /** @description The ways in which a code comes back */
            response_modes_supported: string[];
            /** @description The grants that you can exchange for tokens */
            grant_types_supported: string[];
            /** @description The PKCE methods, which every client must use (RFC 7636) */
            code_challenge_methods_supported: string[];
            /** @description Client authentication; `none` is for public clients */
            token_endpoint_auth_methods_supported: string[];
            /** @description Client authentication; `none` is for public clients */
            revocation_endpoint_auth_methods_supported: string[];
            /** @description Client authentication; for confidential clients only */
            introspection_endpoint_auth_methods_supported: string[];
            /** @description The algorithms of proofs of possession (RFC 9449 §5.1) */
            dpop_signing_alg_values_supported: string[];
            /** @description Always true: each authorization response has `iss` (RFC 9207) */
            authorization_response_iss_parameter_supported: boolean;
            /** @description Always false: send the parameters themselves (OpenID Connect Discovery §3) */
            request_uri_parameter_supported: boolean;
            /**
             * Format: uri
             * @description Documentation for people
             */
            service_documentation: string;
        };
        /**
         * OAuthError
         * @description An error in the form of RFC 6749 §5.2
         */
        OAuthError: {
            /** @description A stable code for programs, from RFC 6749, or RFC 6750 for an access token */
            error: string;
            /** @description A text for people, in ASCII */
            error_description: string;
        };
        /** TokenRequest */
        TokenRequest: {
            /**
             * @description One of: authorization_code, refresh_token, client_credentials
             * @example refresh_token
             */
            grant_type: string;
            /**
             * @description The id of the client, unless the Authorization header has it
             * @example swagger-ui
             */
            client_id?: string;
            /**
             * @description The secret of a confidential client, unless the Authorization header has it
             * @example
             */
            client_secret?: string;
            /**
             * @description The authorization code. It works once, for 60 seconds
             * @example
             */
            code?: string;
            /**
             * @description With a code: the redirect URI of the authorization request
             * @example
             */
            redirect_uri?: string;
            /**
             * @description With a code: the PKCE code verifier, from which you derived code_challenge (RFC 7636 §4.1)
             * @example
             */
            code_verifier?: string;
            /**
             * @description It works once: each use returns its successor
             * @example
             */
            refresh_token?: string;
            /**
             * @description Fewer scopes than were granted, separated by spaces (RFC 6749 §3.3). Default: all of them
             * @example
             */
            scope?: string;
            /**
             * @description The API that you want to call, once for each API: the issuer, the audience of access tokens, or a URL below one of them, without a fragment (RFC 8707 §2). The tokens are the same for every resource
             * @example [
             *       ""
             *     ]
             */
            resource?: string[];
        } & {
            [key: string]: unknown;
        };
        /**
         * TokenResponse
         * @description An access token, and a refresh token unless the client acts for itself
         */
        TokenResponse: {
            /** @description The access token, a JWT (RFC 9068). Send it in the Authorization header, after `token_type` */
            access_token: string;
            /**
             * @description The scheme for the Authorization header: `Bearer` (RFC 6750), or `DPoP` if the token is bound to the key of your proof (RFC 9449 §5)
             * @enum {string}
             */
            token_type: "Bearer" | "DPoP";
            /** @description The lifetime of the access token in seconds */
            expires_in: number;
            /**
             * @description Scopes, separated by spaces (RFC 6749 §3.3), of: customers:read, customers:write, users:admin
             * @example customers:read customers:write
             */
            scope: string;
            /**
             * @description An opaque refresh token. It works once: each refresh returns its successor
             * @example rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
             */
            refresh_token?: string;
        };
        /** RevocationRequest */
        RevocationRequest: {
            /**
             * @description An access token or a refresh token
             * @example rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
             */
            token: string;
            /**
             * @description Not needed: the token shows its type
             * @example
             */
            token_type_hint?: string;
            /**
             * @description The id of the client, unless the Authorization header has it
             * @example swagger-ui
             */
            client_id?: string;
            /**
             * @description The secret of a confidential client, unless the Authorization header has it
             * @example
             */
            client_secret?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Revocation
         * @description The token is revoked, or was not valid
         */
        Revocation: Record<string, never>;
        /** IntrospectionRequest */
        IntrospectionRequest: {
            /**
             * @description An access token or a refresh token
             * @example rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
             */
            token: string;
            /**
             * @description Not needed: the token shows its type
             * @example
             */
            token_type_hint?: string;
            /**
             * @description The id of the client, unless the Authorization header has it
             * @example
             */
            client_id?: string;
            /**
             * @description The secret of a confidential client, unless the Authorization header has it
             * @example
             */
            client_secret?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Confirmation
         * @description The key that an access token is bound to (RFC 9449 §6.2)
         */
        Confirmation: {
            /** @description The thumbprint of the key (RFC 7638) */
            jkt: string;
        };
        /**
         * Introspection
         * @description The claims of the token; `active` alone if the token is not valid
         */
        Introspection: {
            /** @description True if the token is valid now */
            active: boolean;
            /** @description `Bearer` or `DPoP` for an access token */
            token_type?: string;
            /** @description Scopes, separated by spaces */
            scope?: string;
            /** @description The client that the token was issued to */
            client_id?: string;
            /** @description The user, or the client that acts for itself */
            sub?: string;
            /** @description The issuer */
            iss?: string;
            /** @description The audience of an access token */
            aud?: string;
            /** @description When the token was issued, in seconds since 1970 */
            iat?: number;
            /** @description When the token expires, in seconds since 1970 */
            exp?: number;
            /** @description The id of an access token */
            jti?: string;
            cnf?: components["schemas"]["Confirmation"];
        };
        /**
         * Userinfo
         * @description The user of the access token
         */
        Userinfo: {
            /**
             * Format: uuid
             * @description The id of the user; also the `sub` of the access token
             */
            sub: string;
            /** @description The username, in lower case */
            preferred_username: string;
        };
        /** JsonWebKey */
        JsonWebKey: {
            /**
             * @description An elliptic curve (RFC 7518 §6.2)
             * @enum {string}
             */
            kty: "EC";
            /**
             * @description The curve of ES256
             * @enum {string}
             */
            crv: "P-256";
            /** @description The x coordinate, as base64url */
            x: string;
            /** @description The y coordinate, as base64url */
            y: string;
            /** @description The RFC 7638 thumbprint of the key; tokens name it as `kid` in their header */
            kid: string;
            /**
             * @description The key verifies signatures
             * @enum {string}
             */
            use: "sig";
            /**
             * @description The only algorithm
             * @enum {string}
             */
            alg: "ES256";
        };
        /**
         * JsonWebKeySet
         * @description A JWK Set (RFC 7517 §5)
         * @example {
         *       "keys": [
         *         {
         *           "kty": "EC",
         *           "crv": "P-256",
         *           "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
         *           "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
         *           "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
         *           "use": "sig",
         *           "alg": "ES256"
         *         },
         *         {
         *           "kty": "EC",
         *           "crv": "P-256",
         *           "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         *           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
         *           "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
         *           "use": "sig",
         *           "alg": "ES256"
         *         }
         *       ]
         *     }
         */
        JsonWebKeySet: {
            /** @description At least the active key and the next key */
            keys: components["schemas"]["JsonWebKey"][];
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
        /** @description Too many requests: try again after Retry-After seconds */
        TooManyRequestsOAuthError: {
            headers: {
                /** @description The number of seconds to wait before you try again */
                "Retry-After": string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OAuthError"];
            };
        };
        /** @description Too many requests: try again after Retry-After seconds */
        RateLimitExceededOAuthError: {
            headers: {
                /** @description The number of seconds to wait before you try again */
                "Retry-After": string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OAuthError"];
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
    login: {
        parameters: {
            query?: never;
            header?: {
                /** @description A proof of your key, which binds the tokens to it (RFC 9449 §5): a JWT of the type `dpop+jwt`, signed with ES256, for this method and URL, with the newest nonce of this server, and used once. On `use_dpop_nonce`, repeat the request with the nonce in `DPoP-Nonce`. Any answer may have a newer one. */
                DPoP?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "username": "ada",
                 *       "password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description An access token, and a refresh token to get the next access token */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGEifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                     *       "token_type": "Bearer",
                     *       "expires_in": 600,
                     *       "refresh_token": "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                     *       "scope": "customers:read customers:write"
                     *     }
                     */
                    "application/json": components["schemas"]["Tokens"];
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "Accept-Post"?: string;
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
            /** @description Too many requests: try again after Retry-After seconds */
            429: {
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
            /** @description A store is away: try again after Retry-After seconds */
            503: {
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
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: {
                /** @description A proof of your key, which binds the tokens to it (RFC 9449 §5): a JWT of the type `dpop+jwt`, signed with ES256, for this method and URL, with the newest nonce of this server, and used once. On `use_dpop_nonce`, repeat the request with the nonce in `DPoP-Nonce`. Any answer may have a newer one. */
                DPoP?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "refresh_token": "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                 *     }
                 */
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description An access token, and a refresh token to get the next access token */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGEifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                     *       "token_type": "Bearer",
                     *       "expires_in": 600,
                     *       "refresh_token": "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                     *       "scope": "customers:read customers:write"
                     *     }
                     */
                    "application/json": components["schemas"]["Tokens"];
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "Accept-Post"?: string;
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
            /** @description A store is away: try again after Retry-After seconds */
            503: {
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
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refresh_token": "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                 *     }
                 */
                "application/json": components["schemas"]["LogoutRequest"];
            };
        };
        responses: {
            /** @description Done */
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "Accept-Post"?: string;
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
            /** @description Too many requests: try again after Retry-After seconds */
            429: {
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
            /** @description A store is away: try again after Retry-After seconds */
            503: {
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
        };
    };
    logoutAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
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
                    "WWW-Authenticate"?: string;
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "Accept-Post"?: string;
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
            /** @description A store is away: try again after Retry-After seconds */
            503: {
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
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your sessions that have not ended */
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
                     *       "items": [
                     *         {
                     *           "id": "AAAAAAAAAAAAAAAAAAAAAA",
                     *           "client_id": "first-party",
                     *           "created_at": "2026-11-30T09:41:07.123Z",
                     *           "last_used_at": "2026-11-30T09:50:00.000Z",
                     *           "address": "192.0.2.1",
                     *           "user_agent": "curl/8.14.1",
                     *           "current": true,
                     *           "dpop_bound": false
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SessionList"];
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
                    "WWW-Authenticate"?: string;
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
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The `sid` in the access tokens of the session
                 * @example AAAAAAAAAAAAAAAAAAAAAA
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
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
                    "WWW-Authenticate"?: string;
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
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
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
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "username": "ada",
                     *       "scope": "customers:read customers:write",
                     *       "created_at": "2026-11-30T09:41:07.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
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
    changePassword: {
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
                 *       "current_password": "correct horse battery staple",
                 *       "new_password": "staple battery horse correct"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Done */
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
                    "WWW-Authenticate"?: string;
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
    listUsers: {
        parameters: {
            query?: {
                /** @description The number of users on a page, 1 to 100; default 20 */
                limit?: number;
                /** @description next_cursor of the previous page */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of users */
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
                     *       "items": [
                     *         {
                     *           "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *           "username": "ada",
                     *           "scope": "customers:read customers:write",
                     *           "created_at": "2026-11-30T09:41:07.123Z",
                     *           "disabled": false
                     *         }
                     *       ],
                     *       "next_cursor": "YWRh"
                     *     }
                     */
                    "application/json": components["schemas"]["UserPage"];
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
    createUser: {
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
                 *       "username": "ada",
                 *       "password": "correct horse battery staple",
                 *       "scope": "customers:read customers:write"
                 *     }
                 */
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The user, as an admin sees it */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "username": "ada",
                     *       "scope": "customers:read customers:write",
                     *       "created_at": "2026-11-30T09:41:07.123Z",
                     *       "disabled": false
                     *     }
                     */
                    "application/json": components["schemas"]["ManagedUser"];
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
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the user
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user, as an admin sees it */
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
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "username": "ada",
                     *       "scope": "customers:read customers:write",
                     *       "created_at": "2026-11-30T09:41:07.123Z",
                     *       "disabled": false
                     *     }
                     */
                    "application/json": components["schemas"]["ManagedUser"];
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
    deleteUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the user
                 * @example 0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
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
    updateUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the user
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
                 *       "scope": "customers:read customers:write"
                 *     }
                 */
                "application/merge-patch+json": components["schemas"]["UserPatch"];
                /**
                 * @example {
                 *       "scope": "customers:read customers:write"
                 *     }
                 */
                "application/json": components["schemas"]["UserPatch"];
            };
        };
        responses: {
            /** @description The user, as an admin sees it */
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
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "username": "ada",
                     *       "scope": "customers:read customers:write",
                     *       "created_at": "2026-11-30T09:41:07.123Z",
                     *       "disabled": false
                     *     }
                     */
                    "application/json": components["schemas"]["ManagedUser"];
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
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the user
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
                 *       "password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description Done */
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
    listSecurityEvents: {
        parameters: {
            query?: {
                /** @description Only events that this user caused or that concern this user */
                user_id?: string;
                /** @description Only events of this kind */
                event?: "sign_in" | "sign_in_throttled" | "sign_out" | "sign_out_everywhere" | "session_ended" | "refresh_token_reused" | "refresh_token_repeated" | "refresh_token_without_key" | "authorization_code_reused" | "authorization_code_refused" | "access_token_revoked" | "client_refused" | "client_added" | "client_changed" | "client_secret_rotated" | "client_removed" | "password_changed" | "user_created" | "user_registered" | "user_disabled" | "user_enabled" | "user_deleted" | "scopes_changed" | "signing_key_rotated" | "signing_key_revoked" | "signing_key_resealed";
                /** @description The number of events, 1 to 1000; default 1000 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Security events */
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
                     *       "items": [
                     *         {
                     *           "id": 42,
                     *           "at": "2026-11-30T09:41:07.123Z",
                     *           "event": "sign_in",
                     *           "outcome": "succeeded",
                     *           "actor_id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *           "user_id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *           "session_id": "AAAAAAAAAAAAAAAAAAAAAA",
                     *           "client_id": "first-party",
                     *           "request_id": "4f6d1c0a9b3e4d7f8a2b5c6d7e8f9a0b",
                     *           "address": "192.0.2.1",
                     *           "session_address": null,
                     *           "detail": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SecurityEventList"];
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
    register: {
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
                 *       "username": "ada",
                 *       "password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description The user */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "username": "ada",
                     *       "scope": "customers:read customers:write",
                     *       "created_at": "2026-11-30T09:41:07.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
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
            /** @description Authenticated, but not allowed */
            403: {
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
            /** @description The request conflicts with existing data */
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
                    "Accept-Encoding"?: string;
                    /** @description The media types that the body may have */
                    Accept?: string;
                    /** @description The media types that the body may have (W3C LDP §7.1) */
                    "Accept-Post"?: string;
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
            /** @description A store is away: try again after Retry-After seconds */
            503: {
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
        };
    };
    getAuthorizationServerMetadata: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoints of the authorization server, and what they support */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "issuer": "http://localhost:8080",
                     *       "authorization_endpoint": "http://localhost:8080/oauth/authorize",
                     *       "token_endpoint": "http://localhost:8080/oauth/token",
                     *       "revocation_endpoint": "http://localhost:8080/oauth/revoke",
                     *       "introspection_endpoint": "http://localhost:8080/oauth/introspect",
                     *       "userinfo_endpoint": "http://localhost:8080/oauth/userinfo",
                     *       "jwks_uri": "http://localhost:8080/.well-known/jwks.json",
                     *       "scopes_supported": [
                     *         "customers:read",
                     *         "customers:write",
                     *         "users:admin"
                     *       ],
                     *       "subject_types_supported": [
                     *         "public"
                     *       ],
                     *       "response_types_supported": [
                     *         "code"
                     *       ],
                     *       "response_modes_supported": [
                     *         "query"
                     *       ],
                     *       "grant_types_supported": [
                     *         "authorization_code",
                     *         "refresh_token",
                     *         "client_credentials"
                     *       ],
                     *       "code_challenge_methods_supported": [
                     *         "S256"
                     *       ],
                     *       "token_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post",
                     *         "none"
                     *       ],
                     *       "revocation_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post",
                     *         "none"
                     *       ],
                     *       "introspection_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post"
                     *       ],
                     *       "dpop_signing_alg_values_supported": [
                     *         "ES256"
                     *       ],
                     *       "authorization_response_iss_parameter_supported": true,
                     *       "request_uri_parameter_supported": false,
                     *       "service_documentation": "http://localhost:8080/docs/auth"
                     *     }
                     */
                    "application/json": components["schemas"]["AuthorizationServerMetadata"];
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
    getOpenidConfiguration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoints of the authorization server, and what they support */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "issuer": "http://localhost:8080",
                     *       "authorization_endpoint": "http://localhost:8080/oauth/authorize",
                     *       "token_endpoint": "http://localhost:8080/oauth/token",
                     *       "revocation_endpoint": "http://localhost:8080/oauth/revoke",
                     *       "introspection_endpoint": "http://localhost:8080/oauth/introspect",
                     *       "userinfo_endpoint": "http://localhost:8080/oauth/userinfo",
                     *       "jwks_uri": "http://localhost:8080/.well-known/jwks.json",
                     *       "scopes_supported": [
                     *         "customers:read",
                     *         "customers:write",
                     *         "users:admin"
                     *       ],
                     *       "subject_types_supported": [
                     *         "public"
                     *       ],
                     *       "response_types_supported": [
                     *         "code"
                     *       ],
                     *       "response_modes_supported": [
                     *         "query"
                     *       ],
                     *       "grant_types_supported": [
                     *         "authorization_code",
                     *         "refresh_token",
                     *         "client_credentials"
                     *       ],
                     *       "code_challenge_methods_supported": [
                     *         "S256"
                     *       ],
                     *       "token_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post",
                     *         "none"
                     *       ],
                     *       "revocation_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post",
                     *         "none"
                     *       ],
                     *       "introspection_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post"
                     *       ],
                     *       "dpop_signing_alg_values_supported": [
                     *         "ES256"
                     *       ],
                     *       "authorization_response_iss_parameter_supported": true,
                     *       "request_uri_parameter_supported": false,
                     *       "service_documentation": "http://localhost:8080/docs/auth"
                     *     }
                     */
                    "application/json": components["schemas"]["AuthorizationServerMetadata"];
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
    authorize: {
        parameters: {
            query: {
                /** @description The only value: auth issues codes */
                response_type: "code";
                /**
                 * @description The client
                 * @example swagger-ui
                 */
                client_id: string;
                /**
                 * @description A redirect URI that the client registered; with any port for http://127.0.0.1 and http://[::1] (RFC 8252 §7.3)
                 * @example http://localhost:8080/docs/auth/static/oauth2-redirect.html
                 */
                redirect_uri: string;
                /**
                 * @description Scopes, separated by spaces. Default: all scopes that the client may have
                 * @example customers:read
                 */
                scope?: string;
                /**
                 * @description An unguessable value, which comes back unchanged. Up to 4,096 characters as written in a query
                 * @example af0ifjsldkj
                 */
                state?: string;
                /**
                 * @description BASE64URL(SHA256(code_verifier)); every client must send it (PKCE)
                 * @example E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
                 */
                code_challenge: string;
                /** @description The only method */
                code_challenge_method: "S256";
                /**
                 * @description The thumbprint (RFC 7638) of your key: only a proof of that key redeems the code (RFC 9449 §10)
                 * @example NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
                 */
                dpop_jkt?: string;
                /**
                 * @description The API that you want to call, once for each API: the issuer, the audience of access tokens, or a URL below one of them, without a fragment (RFC 8707 §2). The tokens are the same for every resource
                 * @example [
                 *       "http://localhost:8080"
                 *     ]
                 */
                resource?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sign-in page */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The browser goes back to the client with an error */
            303: {
                headers: {
                    /** @description The redirect URI, with `error`, `error_description`, `state` and `iss` */
                    Location: string;
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
                    "text/html": string;
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
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
                    "text/html": string;
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            429: components["responses"]["TooManyRequestsOAuthError"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    exchangeForTokens: {
        parameters: {
            query?: never;
            header?: {
                /** @description A proof of your key, which binds the tokens to it (RFC 9449 §5): a JWT of the type `dpop+jwt`, signed with ES256, for this method and URL, with the newest nonce of this server, and used once. On `use_dpop_nonce`, repeat the request with the nonce in `DPoP-Nonce`. Any answer may have a newer one. */
                DPoP?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "grant_type": "authorization_code",
                 *       "client_id": "swagger-ui",
                 *       "code": "ac_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                 *       "redirect_uri": "http://localhost:8080/docs/customers/static/oauth2-redirect.html",
                 *       "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
                 *     }
                 */
                "application/x-www-form-urlencoded": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** @description An access token, and a refresh token unless the client acts for itself */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGEifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                     *       "token_type": "Bearer",
                     *       "expires_in": 600,
                     *       "refresh_token": "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                     *       "scope": "customers:read customers:write"
                     *     }
                     */
                    "application/json": components["schemas"]["TokenResponse"];
                };
            };
            /** @description The request is not valid; `error` is a code of RFC 6749 §5.2 */
            400: {
                headers: {
                    /** @description The nonce for your next proofs (RFC 9449 §8) */
                    "DPoP-Nonce"?: string;
                    /** @description No cache keeps the answer: its nonce is soon too old */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description Unknown client, or client authentication failed */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            429: components["responses"]["TooManyRequestsOAuthError"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    revokeToken: {
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
                 *       "token": "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                 *       "client_id": "first-party"
                 *     }
                 */
                "application/x-www-form-urlencoded": components["schemas"]["RevocationRequest"];
            };
        };
        responses: {
            /** @description The token is revoked, or was not valid */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example {} */
                    "application/json": components["schemas"]["Revocation"];
                };
            };
            /** @description The request is not valid; `error` is a code of RFC 6749 §5.2 */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description Unknown client, or client authentication failed */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description Too many requests: try again after Retry-After seconds */
            429: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    introspectToken: {
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
                 *       "token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGEifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                 *       "client_id": "reports",
                 *       "client_secret": "cs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                 *     }
                 */
                "application/x-www-form-urlencoded": components["schemas"]["IntrospectionRequest"];
            };
        };
        responses: {
            /** @description The claims of the token; `active` alone if the token is not valid */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "active": true,
                     *       "token_type": "Bearer",
                     *       "scope": "customers:read customers:write",
                     *       "client_id": "first-party",
                     *       "sub": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "iss": "http://localhost:8080",
                     *       "aud": "http://localhost:8080",
                     *       "iat": 1796032867,
                     *       "exp": 1796033467,
                     *       "jti": "7d1f5f0e-6b52-4c5b-8f0d-2f6f7a4c8f11"
                     *     }
                     */
                    "application/json": components["schemas"]["Introspection"];
                };
            };
            /** @description The request is not valid; `error` is a code of RFC 6749 §5.2 */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description Unknown client, or client authentication failed */
            401: {
                headers: {
                    /** @description The challenge: the credential that the request lacks (RFC 9110 §11.6.1) */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description No offered media type is acceptable */
            406: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description Expect has a value other than 100-continue */
            417: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            429: components["responses"]["TooManyRequestsOAuthError"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description A store is away: try again after Retry-After seconds */
            503: {
                headers: {
                    /** @description The number of seconds to wait before you try again */
                    "Retry-After": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    getUserinfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user of the access token */
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
                     *       "sub": "0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10",
                     *       "preferred_username": "ada"
                     *     }
                     */
                    "application/json": components["schemas"]["Userinfo"];
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
                    "application/json": components["schemas"]["OAuthError"];
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
                    "application/json": components["schemas"]["OAuthError"];
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
                    "application/json": components["schemas"]["OAuthError"];
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
                    "application/json": components["schemas"]["OAuthError"];
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
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            429: components["responses"]["RateLimitExceededOAuthError"];
            /** @description A fault of the server; the answer has no details */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
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
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    getJwks: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of your copy. The answer is 304 if the keys have not changed (RFC 9110 §13.1.2). */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys that verify tokens now, and the next key */
            200: {
                headers: {
                    /** @description A strong entity tag; it changes with the set of keys. */
                    ETag: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "kty": "EC",
                     *           "crv": "P-256",
                     *           "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                     *           "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
                     *           "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
                     *           "use": "sig",
                     *           "alg": "ES256"
                     *         },
                     *         {
                     *           "kty": "EC",
                     *           "crv": "P-256",
                     *           "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                     *           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                     *           "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
                     *           "use": "sig",
                     *           "alg": "ES256"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["JsonWebKeySet"];
                };
            };
            /** @description The keys have not changed since the answer whose ETag you sent */
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
            /** @description A store is away: try again after Retry-After seconds */
            503: {
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
        };
    };
}
