/**
 * Every `code` of a problem, of all services, so that no code has two meanings. Clients depend on them: a published code
 * keeps its meaning and its status.
 */
export type ProblemCode = OfProcess | OfAccess | OfAuth | OfOAuth | OfCustomers;

/** Codes that any request to any service may get. */
type OfProcess =
  | 'body_too_large'
  | 'empty_body'
  | 'expectation_failed'
  | 'forbidden'
  | 'headers_too_large'
  | 'internal_error'
  | 'invalid_json'
  | 'invalid_request'
  | 'method_not_allowed'
  | 'misdirected_request'
  | 'not_acceptable'
  | 'not_found'
  | 'not_ready'
  | 'precondition_failed'
  | 'range_not_satisfiable'
  | 'request_timeout'
  | 'too_many_requests'
  | 'unavailable'
  | 'unsupported_content_coding'
  | 'unsupported_media_type'
  | 'uri_too_long'
  | 'validation_failed';

/** The codes of RFC 6750 §3.1, and similar ones. */
type OfAccess =
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'insufficient_scope'
  | 'invalid_token'
  | 'rate_limit_exceeded'
  | 'token_required'
  | 'user_required';

type OfAuth =
  | 'client_not_allowed'
  | 'invalid_credentials'
  | 'last_admin'
  | 'registration_closed'
  | 'too_many_attempts'
  | 'too_many_revocations'
  | 'too_many_sign_ins'
  | 'username_taken'
  | 'wrong_password';

/** The codes of RFC 6749 §4.1.2.1 and §5.2, and of RFC 8707 §2. Below `/oauth` each other code becomes one of these: see `oauth-error.ts`. */
type OfOAuth =
  | 'access_denied'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_redirect_uri'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type';

type OfCustomers =
  | 'client_gone'
  | 'conflict'
  | 'customer_not_found'
  | 'idempotency_key_reused'
  | 'import_refused'
  | 'request_in_progress'
  | 'too_many_idempotency_keys'
  | 'too_many_transfers';
