// The collection from top to bottom: every operation at least once (a test sees to that).
import { REPLAY_STORY } from './replay-story.mjs';
import { LOGIN, refresh, YOUNGEST } from './requests.mjs';
import {
  FORGET_TOKENS,
  forget,
  KEEP_TAG,
  KEEP_TOKENS,
  keep,
  REPLAY_IS_AMONG_EVENTS,
  test,
} from './scripts.mjs';

const CUSTOMER = { id: '{{customer_id}}' };
const USER = { id: '{{user_id}}' };
const AS_USER = { auth: 'user_access_token' };
const MERGE_PATCH = { accept: 'application/json', contentType: 'application/merge-patch+json' };

export const FOLDERS = [
  {
    name: 'Discovery',
    description: 'What a client can find out before anyone signs in: the addresses and the public keys.',
    requests: [
      { operationId: 'getAuthorizationServerMetadata', auth: 'none' },
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
      'Create, list, read, change and delete customers. An ETag protects a change from another one.',
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
        name: 'One customer, only if it has changed',
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
        name: 'Change a customer that someone else has changed',
        path: CUSTOMER,
        headers: { 'If-Match': '"0"' },
        body: { name: 'Somebody else' },
        status: 412,
      },
      {
        operationId: 'createCustomer',
        name: 'Create a customer with a date that does not exist',
        body: { name: 'Nobody', dob: '2023-02-29' },
        status: 422,
        after: test(
          'it says what is wrong',
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
        name: 'A customer that is gone',
        path: { id: '{{gone_customer_id}}' },
        status: 404,
      },
    ],
  },
  {
    name: 'Files',
    description:
      'Customers from a CSV file, and all customers as one. The import is a dry run: it creates nothing.',
    requests: [
      {
        operationId: 'importCustomers',
        name: 'Create customers from a file (dry run)',
        query: { dry_run: true },
        contentType: 'text/csv',
        accept: 'application/json',
        body: 'name,dob\nKatherine Johnson,1918-08-26\n',
        type: 'application/json',
        after: test('one would be created', 'pm.expect(pm.response.json().created).to.equal(1);'),
      },
      { operationId: 'exportCustomers', accept: 'text/csv', query: { name: 'a' }, type: 'text/csv' },
    ],
  },
  {
    name: 'Users',
    description:
      'For admins, who have the scope users:admin. The user created here is used in the folder Account.',
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
      'What people do with their own account: these requests are sent as the user created in the folder Users. At the end an admin disables that user.',
    requests: [
      { ...AS_USER, operationId: 'getMe' },
      { ...AS_USER, operationId: 'endSession', path: { id: '{{user_sid}}' } },
      {
        ...AS_USER,
        operationId: 'changePassword',
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
        after: forget('user_id'),
      },
    ],
  },
  {
    name: 'OAuth 2.0',
    description:
      'What standard OAuth 2.0 clients send. Introspection needs a client of your own: set client_id and client_secret in the environment.',
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
      {
        operationId: 'introspectToken',
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
  REPLAY_STORY,
  {
    name: 'Audit',
    description: 'What happened, for admins. Send the replay story first: its replay is among the events.',
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
