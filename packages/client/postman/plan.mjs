// The collection from top to bottom: every operation at least once (a test sees to that), then two stories.
import { FORGET_TOKENS, KEEP_TOKENS, keep, test, wait } from './scripts.mjs';

const CREDENTIALS = { username: '{{username}}', password: '{{password}}' };
const CUSTOMER = { id: '{{customer_id}}' };
const AS_USER = { auth: 'user_access_token' };
const LOGIN = { operationId: 'login', auth: 'none', body: CREDENTIALS };
const INVALID_GRANT = test('invalid_grant', "pm.expect(pm.response.json().code).to.equal('invalid_grant');");
const YOUNGEST = { operationId: 'listCustomers', query: { n: 5 } };

const refresh = (variable) => ({
  operationId: 'refresh',
  auth: 'none',
  body: { refresh_token: `{{${variable}}}` },
});

export const FOLDERS = [
  {
    name: 'Discovery',
    requests: [
      { operationId: 'getAuthorizationServerMetadata', auth: 'none', after: keep({ issuer: 'issuer' }) },
      { operationId: 'getProtectedResourceMetadata', auth: 'none' },
      { operationId: 'getJwks', auth: 'none' },
    ],
  },
  {
    name: 'Sessions',
    requests: [
      { ...LOGIN, after: KEEP_TOKENS },
      { ...refresh('refresh_token'), after: KEEP_TOKENS },
      { operationId: 'listSessions' },
    ],
  },
  {
    name: 'Customers',
    requests: [
      {
        operationId: 'createCustomer',
        headers: { 'Idempotency-Key': '{{$guid}}' },
        after: [
          ...keep({ customer_id: 'id' }),
          "pm.collectionVariables.set('customer_tag', pm.response.headers.get('etag'));",
        ],
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
        name: 'One customer, if it has changed',
        path: CUSTOMER,
        headers: { 'If-None-Match': '{{customer_tag}}' },
        status: 304,
      },
      {
        operationId: 'replaceCustomer',
        path: CUSTOMER,
        headers: { 'If-Match': '{{customer_tag}}' },
        body: { name: 'Ada King, Countess of Lovelace', dob: '1815-12-10' },
      },
      {
        operationId: 'patchCustomer',
        path: CUSTOMER,
        accept: 'application/json',
        contentType: 'application/merge-patch+json',
        body: { name: 'Ada Lovelace' },
      },
      {
        operationId: 'patchCustomer',
        name: 'Change a customer who was changed meanwhile',
        path: CUSTOMER,
        contentType: 'application/merge-patch+json',
        headers: { 'If-Match': '{{customer_tag}}' },
        body: { name: 'Somebody else' },
        status: 412,
      },
      {
        operationId: 'createCustomer',
        name: 'Create a customer who was never born',
        body: { name: 'Nobody', dob: '2023-02-29' },
        status: 422,
        after: test(
          'it says what is wrong',
          "pm.expect(pm.response.json().errors[0].pointer).to.equal('/dob');",
        ),
      },
      { operationId: 'deleteCustomer', path: CUSTOMER },
      { operationId: 'getCustomer', name: 'A customer who is gone', path: CUSTOMER, status: 404 },
    ],
  },
  {
    name: 'Files',
    requests: [
      {
        operationId: 'importCustomers',
        name: 'Create customers from a file (only a trial)',
        query: { dry_run: true },
        contentType: 'text/csv',
        accept: 'application/json',
        body: 'name,dob\nKatherine Johnson,1918-08-26\n',
        type: 'application/json',
        after: test('one would be made', 'pm.expect(pm.response.json().created).to.equal(1);'),
      },
      { operationId: 'exportCustomers', accept: 'text/csv', query: { name: 'a' }, type: 'text/csv' },
    ],
  },
  {
    name: 'Users',
    description:
      'For the scope users:admin. A user is made for the folders that follow, and disabled at the end.',
    requests: [
      {
        operationId: 'createUser',
        name: 'Make a user',
        before: [
          "pm.collectionVariables.set('user_name', 'postman-' + pm.variables.replaceIn('{{$guid}}'));",
          "pm.collectionVariables.set('user_password', pm.variables.replaceIn('{{$guid}}'));",
        ],
        body: { username: '{{user_name}}', password: '{{user_password}}', scope: 'customers:read' },
        after: keep({ user_id: 'id' }),
      },
      { operationId: 'listUsers', query: { limit: 20 } },
      { operationId: 'getUser', path: { id: '{{user_id}}' } },
      {
        operationId: 'updateUser',
        name: 'Let a user write customers',
        path: { id: '{{user_id}}' },
        contentType: 'application/merge-patch+json',
        body: { scope: 'customers:read customers:write' },
      },
    ],
  },
  {
    name: 'Account',
    description: 'As the user who was just made.',
    requests: [
      { ...AS_USER, operationId: 'getMe' },
      { ...AS_USER, operationId: 'endSession', path: { id: '{{user_sid}}' } },
      {
        ...AS_USER,
        operationId: 'changePassword',
        body: { current_password: '{{user_password}}', new_password: '{{user_password}}!' },
        after: [
          "pm.collectionVariables.set('user_password', pm.collectionVariables.get('user_password') + '!');",
        ],
      },
      { ...AS_USER, operationId: 'logoutAll' },
      {
        operationId: 'register',
        name: 'Make an account for oneself, where that is closed',
        auth: 'none',
        body: { username: 'postman-{{$guid}}', password: '{{$guid}}' },
        status: 403,
      },
    ],
  },
  {
    name: 'OAuth 2.0',
    description:
      'What standard clients do. Asking about tokens needs a client that may: set client_id and client_secret in the environment.',
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
        name: 'Exchange a refresh token for tokens',
        auth: 'none',
        form: { grant_type: 'refresh_token', client_id: 'first-party', refresh_token: '{{refresh_token}}' },
        after: KEEP_TOKENS,
      },
      {
        operationId: 'introspectToken',
        auth: 'basic',
        form: { token: '{{refresh_token}}' },
        statusOf: 'client_id',
      },
      {
        operationId: 'revokeToken',
        auth: 'none',
        form: { client_id: 'first-party', token: '{{refresh_token}}' },
        after: FORGET_TOKENS,
      },
    ],
  },
  { name: 'Audit', requests: [{ operationId: 'listSecurityEvents', query: { limit: 20 } }] },
  {
    name: 'The replay story',
    description:
      'A refresh token works once. Its answer may be lost, so the same request gets the same answer for ten seconds. Whatever is older is a stolen token, or the thief has the newer one: the session ends for both.',
    requests: [
      { ...LOGIN, name: '1. Sign in', after: keep({ story_first: 'refresh_token' }) },
      { ...refresh('story_first'), name: '2. Refresh', after: keep({ story_second: 'refresh_token' }) },
      {
        ...refresh('story_first'),
        name: '3. The answer was lost: the same successor',
        after: test(
          'the same successor',
          "pm.expect(pm.response.json().refresh_token).to.equal(pm.collectionVariables.get('story_second'));",
        ),
      },
      {
        ...refresh('story_second'),
        name: '4. Refresh again',
        after: keep({ story_third: 'refresh_token', story_access: 'access_token' }),
      },
      { ...refresh('story_first'), name: '5. Replay: refused', status: 401, after: INVALID_GRANT },
      {
        ...refresh('story_third'),
        name: '6. The newest one: refused too',
        status: 401,
        after: INVALID_GRANT,
      },
      {
        ...YOUNGEST,
        name: '7. Its access token: refused',
        auth: 'story_access',
        before: wait(1_000),
        status: 401,
      },
    ],
  },
  {
    name: 'Sign out',
    requests: [
      {
        operationId: 'updateUser',
        name: 'Disable the user who was made',
        path: { id: '{{user_id}}' },
        contentType: 'application/merge-patch+json',
        body: { disabled: true },
      },
      {
        ...LOGIN,
        name: 'Sign in once more',
        after: keep({ last_access: 'access_token', last_refresh: 'refresh_token' }),
      },
      { operationId: 'logout', auth: 'last_access', body: null },
      { ...YOUNGEST, name: 'Refused', auth: 'last_access', before: wait(1_000), status: 401 },
      {
        ...refresh('last_refresh'),
        name: 'Refused too',
        status: 401,
        after: [...INVALID_GRANT, ...FORGET_TOKENS],
      },
    ],
  },
];
