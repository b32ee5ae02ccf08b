// The collection from top to bottom. It has every operation at least once; a test checks that.
import {
  A_SECOND_LATER,
  FORGET_TOKENS,
  forget,
  KEEP_TAG,
  KEEP_TOKENS,
  keep,
  REPLAY_IS_AMONG_EVENTS,
  test,
} from './scripts.ts';

const CUSTOMER = { id: '{{customer_id}}' };
const USER = { id: '{{user_id}}' };
const AS_USER = { auth: 'user_access_token' };
const MERGE_PATCH = { accept: 'application/json', contentType: 'application/merge-patch+json' };
const INVALID_GRANT = test('invalid_grant', "pm.expect(pm.response.json().code).to.equal('invalid_grant');");
const INVALID_TOKEN = test('invalid_token', "pm.expect(pm.response.json().code).to.equal('invalid_token');");
const LOGIN = {
  operationId: 'login',
  auth: 'none',
  body: { username: '{{username}}', password: '{{password}}' },
};
const YOUNGEST = { operationId: 'listCustomers', query: { n: 5 } };
const refresh = (variable: string) => ({
  operationId: 'refresh',
  auth: 'none',
  body: { refresh_token: `{{${variable}}}` },
});

/** A request of the collection: the id of its operation, and everything that differs from the documented example. */
export interface PlannedRequest {
  operationId: string;
  /** Default: the summary of the operation. */
  name?: string;
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean>;
  headers?: Record<string, string>;
  contentType?: string;
  accept?: string;
  body?: string | object;
  form?: Record<string, string>;
  /** `none`, `basic`, or the variable that holds another token. */
  auth?: string;
  /** Default: the documented success. */
  status?: number | number[];
  /** Lines of script before and after the request. */
  before?: string[];
  after?: string[];
}

interface Folder {
  name: string;
  description: string;
  requests: PlannedRequest[];
}

export const FOLDERS: Folder[] = [
  {
    name: 'Discovery',
    description: 'The addresses of both services and the public keys, which need no token.',
    requests: [
      { operationId: 'getAuthorizationServerMetadata', auth: 'none' },
      { operationId: 'getOpenidConfiguration', auth: 'none' },
      { operationId: 'getProtectedResourceMetadata', auth: 'none' },
      { operationId: 'getJwks', auth: 'none' },
    ],
  },
  {
    name: 'Sessions',
    description: 'Sign in, get new tokens, and see where you are signed in.',
    requests: [
      { ...LOGIN, after: KEEP_TOKENS },
      { ...refresh('refresh_token'), after: KEEP_TOKENS },
      { operationId: 'listSessions' },
    ],
  },
  {
    name: 'Customers',
    description:
      'Create, list, read, change and delete customers. With an ETag no change overwrites another change.',
    requests: [
      {
        operationId: 'createCustomer',
        headers: { 'Idempotency-Key': '{{$guid}}' },
        body: { name: 'Ada Lovelace', dob: '1815-12-10' },
        after: [...keep({ customer_id: 'id' }), ...KEEP_TAG],
      },
      {
        ...YOUNGEST,
        name: 'The five youngest customers',
        after: test(
          'the youngest first',
          'const dates = pm.response.json().items.map(({ dob }) => dob);',
          'pm.expect(dates).to.eql([...dates].sort().reverse());',
        ),
      },
      {
        operationId: 'listCustomers',
        name: 'A page of customers, by name',
        query: { limit: 20, sort: 'name' },
      },
      { operationId: 'getCustomer', path: CUSTOMER },
      {
        operationId: 'getCustomer',
        name: 'Get a customer, if it has changed',
        path: CUSTOMER,
        headers: { 'If-None-Match': '{{customer_tag}}' },
        status: 304,
      },
      {
        operationId: 'replaceCustomer',
        path: CUSTOMER,
        headers: { 'If-Match': '{{customer_tag}}' },
        body: { name: 'Ada King, Countess of Lovelace', dob: '1815-12-10' },
        after: KEEP_TAG,
      },
      {
        ...MERGE_PATCH,
        operationId: 'patchCustomer',
        path: CUSTOMER,
        body: { name: 'Ada Lovelace' },
        after: KEEP_TAG,
      },
      {
        ...MERGE_PATCH,
        operationId: 'patchCustomer',
        name: 'Change a customer that another client has changed',
        path: CUSTOMER,
        headers: { 'If-Match': '"0"' },
        body: { name: 'Augusta Ada King' },
        status: 412,
      },
      {
        operationId: 'createCustomer',
        name: 'Create a customer with a date that does not exist',
        body: { name: 'Grace Hopper', dob: '2023-02-29' },
        status: 422,
        after: test(
          'the error points at the date',
          "pm.expect(pm.response.json().errors[0].pointer).to.equal('/dob');",
        ),
      },
      {
        operationId: 'deleteCustomer',
        path: CUSTOMER,
        after: [
          "pm.collectionVariables.set('gone_customer_id', pm.collectionVariables.get('customer_id'));",
          ...forget('customer_id', 'customer_tag'),
        ],
      },
      {
        operationId: 'getCustomer',
        name: 'Get a customer that was deleted',
        path: { id: '{{gone_customer_id}}' },
        status: 404,
      },
    ],
  },
  {
    name: 'Files',
    description:
      'Import customers from a CSV file, and export customers as one. The import is a dry run: it creates nothing.',
    requests: [
      {
        operationId: 'importCustomers',
        name: 'Create customers from a file (dry run)',
        query: { dry_run: true },
        contentType: 'text/csv',
        accept: 'application/json',
        body: 'name,dob\nKatherine Johnson,1918-08-26\n',
        after: test('it would create one customer', 'pm.expect(pm.response.json().created).to.equal(1);'),
      },
      { operationId: 'exportCustomers', accept: 'text/csv', query: { name: 'a' } },
    ],
  },
  {
    name: 'Users',
    description:
      'For admins, who have the scope users:admin. The folder Account uses the user that this folder creates.',
    requests: [
      {
        operationId: 'createUser',
        name: 'Create a user',
        before: [
          "pm.collectionVariables.set('user_name', pm.variables.replaceIn('postman-{{$guid}}'));",
          "pm.collectionVariables.set('user_password', pm.variables.replaceIn('{{$guid}}'));",
        ],
        body: { username: '{{user_name}}', password: '{{user_password}}', scope: 'customers:read' },
        after: keep({ user_id: 'id' }),
      },
      { operationId: 'listUsers', query: { limit: 20 } },
      { operationId: 'getUser', path: USER },
      {
        ...MERGE_PATCH,
        operationId: 'updateUser',
        name: 'Let a user write customers',
        path: USER,
        body: { scope: 'customers:read customers:write' },
      },
    ],
  },
  {
    name: 'Account',
    description:
      'Read and change your own account. The requests use the account of the user that the folder Users creates. At the end an admin disables and deletes that user.',
    requests: [
      { ...AS_USER, operationId: 'getMe' },
      { ...AS_USER, operationId: 'endSession', path: { id: '{{user_sid}}' } },
      {
        ...AS_USER,
        operationId: 'changePassword',
        name: 'Change your password',
        before: ["pm.collectionVariables.set('user_new_password', pm.variables.replaceIn('{{$guid}}'));"],
        body: { current_password: '{{user_password}}', new_password: '{{user_new_password}}' },
        after: [
          'if (pm.response.code === 204) {',
          "  pm.collectionVariables.set('user_password', pm.collectionVariables.get('user_new_password'));",
          '}',
        ],
      },
      { ...AS_USER, operationId: 'logoutAll' },
      {
        operationId: 'register',
        name: 'Register an account (403 where registration is closed)',
        auth: 'none',
        body: { username: 'postman-{{$guid}}', password: '{{$guid}}' },
        status: [201, 403],
      },
      {
        ...MERGE_PATCH,
        operationId: 'updateUser',
        name: 'Disable the user, as an admin',
        path: USER,
        body: { disabled: true },
      },
      {
        operationId: 'resetPassword',
        name: 'Set the password of the user, as an admin',
        path: USER,
        before: ["pm.collectionVariables.set('user_password', pm.variables.replaceIn('{{$guid}}'));"],
        body: { password: '{{user_password}}' },
      },
      {
        operationId: 'deleteUser',
        name: 'Delete the user, as an admin',
        path: USER,
        after: forget('user_id'),
      },
    ],
  },
  {
    name: 'OAuth 2.0',
    description:
      'The requests of standard OAuth 2.0 clients. Introspection needs a client of your own: set client_id and client_secret in the environment.',
    requests: [
      {
        operationId: 'authorize',
        auth: 'none',
        query: {
          response_type: 'code',
          client_id: 'swagger-ui',
          redirect_uri: '{{issuer}}/docs/auth/static/oauth2-redirect.html',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        },
      },
      {
        operationId: 'exchangeForTokens',
        name: 'Exchange a refresh token for new tokens',
        auth: 'none',
        form: { grant_type: 'refresh_token', client_id: 'first-party', refresh_token: '{{refresh_token}}' },
        after: KEEP_TOKENS,
      },
      { operationId: 'getUserinfo' },
      {
        operationId: 'introspectToken',
        name: 'Introspect a token',
        auth: 'basic',
        form: { token: '{{refresh_token}}' },
        status: [200, 401],
        after: test(
          '200 only with a client of your own',
          "pm.expect(pm.response.code === 200).to.equal(Boolean(pm.variables.get('client_id')));",
        ),
      },
      {
        operationId: 'revokeToken',
        auth: 'none',
        form: { client_id: 'first-party', token: '{{refresh_token}}' },
        after: FORGET_TOKENS,
      },
    ],
  },
  // with tokens of its own: each step needs the tokens that earlier steps keep
  {
    name: 'The replay story',
    description:
      'Send these steps in order, from top to bottom. A refresh token works once, but for ten seconds the same request gets the same answer again, because an answer may be lost. A token older than that is a replay: a thief may have it, so the session ends, with all its tokens.',
    requests: [
      { ...LOGIN, name: '1. Sign in', after: keep({ story_first: 'refresh_token' }) },
      { ...refresh('story_first'), name: '2. Refresh', after: keep({ story_second: 'refresh_token' }) },
      {
        ...refresh('story_first'),
        name: '3. The answer was lost: send the same request again',
        after: test(
          'the same refresh token',
          "pm.expect(pm.response.json().refresh_token).to.equal(pm.collectionVariables.get('story_second'));",
        ),
      },
      {
        ...refresh('story_second'),
        name: '4. Refresh again',
        after: keep({ story_third: 'refresh_token', story_access: 'access_token' }),
      },
      { ...YOUNGEST, name: '5. Its access token: accepted', auth: 'story_access' },
      {
        ...refresh('story_first'),
        name: '6. Replay the first refresh token: refused',
        status: 401,
        after: [...INVALID_GRANT, ...keep({ story_replay: 'request_id' })],
      },
      {
        ...refresh('story_third'),
        name: '7. The newest refresh token: refused too',
        status: 401,
        after: INVALID_GRANT,
      },
      {
        ...YOUNGEST,
        name: '8. Its access token: refused too',
        auth: 'story_access',
        before: A_SECOND_LATER,
        status: 401,
        after: INVALID_TOKEN,
      },
      {
        ...LOGIN,
        name: '9. Sign in again',
        after: keep({ story_last: 'refresh_token', story_last_access: 'access_token' }),
      },
      { operationId: 'logout', name: '10. Sign out', auth: 'story_last_access' },
      {
        ...YOUNGEST,
        name: '11. The access token: refused',
        auth: 'story_last_access',
        before: A_SECOND_LATER,
        status: 401,
        after: INVALID_TOKEN,
      },
      {
        ...refresh('story_last'),
        name: '12. The refresh token: refused',
        status: 401,
        // after its last step, Sign out, the collection must not be signed in either
        after: [...INVALID_GRANT, ...FORGET_TOKENS],
      },
    ],
  },
  {
    name: 'Audit',
    description: 'Security events, for admins. Send the replay story first: its replay is among the events.',
    requests: [
      {
        operationId: 'listSecurityEvents',
        query: { limit: 20 },
        after: test(
          'the newest first',
          'const ids = pm.response.json().items.map(({ id }) => id);',
          'pm.expect(ids).to.eql([...ids].sort((a, b) => b - a));',
        ),
      },
      {
        operationId: 'listSecurityEvents',
        name: 'Refresh tokens that were used again',
        query: { event: 'refresh_token_reused', limit: 20 },
        after: REPLAY_IS_AMONG_EVENTS,
      },
    ],
  },
];
