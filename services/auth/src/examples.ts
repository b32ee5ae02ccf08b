import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';

// All examples of the OpenAPI document use the same user, session and client.

export const EXAMPLE_USER = {
  id: '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10',
  username: 'ada',
  scope: 'customers:read customers:write',
  created_at: '2026-11-30T09:41:07.123Z',
};
export const EXAMPLE_PASSWORD = 'correct horse battery staple';
export const EXAMPLE_CREDENTIALS = { username: EXAMPLE_USER.username, password: EXAMPLE_PASSWORD };

export const EXAMPLE_SID = 'A'.repeat(22);
export const EXAMPLE_REFRESH_TOKEN = `rt_${'A'.repeat(107)}`;
export const EXAMPLE_TOKENS = {
  access_token: `eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGEifQ.${'A'.repeat(86)}`,
  token_type: 'Bearer',
  expires_in: ACCESS_TOKEN_LIFETIME_SECONDS,
  refresh_token: EXAMPLE_REFRESH_TOKEN,
  scope: EXAMPLE_USER.scope,
} as const;

export const EXAMPLE_CLIENT = { client_id: 'reports', client_secret: `cs_${'A'.repeat(43)}` };
