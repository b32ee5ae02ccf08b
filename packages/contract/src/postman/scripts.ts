// The scripts that run in Postman, as lines of text. They use callbacks, because newman cannot wait for promises there.

const KEPT = 'its answer is kept for the next requests';
/** Keeps the tokens of an answer, whose body is in `tokens`. */
const SET_TOKENS = `
pm.collectionVariables.set('access_token', tokens.access_token);
pm.collectionVariables.set('refresh_token', tokens.refresh_token);
pm.collectionVariables.set('expires_at', Date.now() + tokens.expires_in * 1000);`
  .trim()
  .split('\n');

/**
 * Runs before each request of the collection. It creates everything that the request mentions and that is missing, so
 * that any request works alone. The address may end with a slash, because browsers show it so. An access token must be
 * valid for ten more seconds.
 */
export const PREPARE = `
// for this request alone; with a slash at the end, the path would begin with //
pm.variables.set('base_url', (pm.variables.get('base_url') || '').trim().replace(/\\/+$/, ''));
const kept = pm.collectionVariables;
const planned = JSON.stringify(pm.request);
const uses = (name) => planned.includes('{{' + name + '}}');

// Postman loses an error that a callback throws
const fail = (what, why) => pm.test(what + ', before this request', () => pm.expect.fail(why));
const send = (method, path, body, expected, done) => pm.sendRequest({
  url: pm.variables.replaceIn('{{base_url}}') + path,
  method,
  header: {
    ...(body && { 'Content-Type': 'application/json' }),
    ...(['/customers', '/auth/users'].includes(path) && { Authorization: 'Bearer ' + kept.get('access_token') }),
  },
  ...(body && { body: { mode: 'raw', raw: JSON.stringify(body) } }),
}, (error, response) => {
  if (error) fail(method + ' ' + path, String(error));
  else if (!expected.includes(response.code)) fail(method + ' ' + path, response.text());
  else done(response);
});
const keepTokens = (response) => {
  const tokens = response.json();
  ${SET_TOKENS.join('\n  ')}
};

const signIn = (next) => {
  const username = pm.variables.get('username');
  const password = pm.variables.get('password');
  if (!password) throw new Error('Set "password", in the environment or in the variables of the collection.');
  const credentials = JSON.stringify([username, password]);
  if (kept.get('refused_credentials') === credentials) throw new Error('Set the right "username" and "password".');
  send('POST', '/auth/login', { username, password }, [200, 401], (response) => {
    if (response.code === 401) {
      // not sent again: after ten failures auth refuses every attempt for ten minutes
      kept.set('refused_credentials', credentials);
      return fail('POST /auth/login', response.text());
    }
    keepTokens(response);
    next();
  });
};
const refreshOrSignIn = (next) => {
  const refresh_token = kept.get('refresh_token');
  if (!refresh_token) return signIn(next);
  send('POST', '/auth/refresh', { refresh_token }, [200, 401], (response) => {
    if (response.code === 401) return signIn(next);
    keepTokens(response);
    next();
  });
};
const makeCustomer = (next) => {
  send('POST', '/customers', { name: 'Ada Lovelace', dob: '1815-12-10' }, [201], (response) => {
    kept.set('customer_id', response.json().id);
    kept.set('customer_tag', response.headers.get('etag'));
    next();
  });
};
const makeUser = (next) => {
  const username = pm.variables.replaceIn('postman-{{$guid}}');
  const password = pm.variables.replaceIn('{{$guid}}');
  send('POST', '/auth/users', { username, password, scope: 'customers:read' }, [201], (response) => {
    kept.set('user_id', response.json().id);
    kept.set('user_name', username);
    kept.set('user_password', password);
    next();
  });
};
const signInAsUser = (next) => {
  const credentials = { username: kept.get('user_name'), password: kept.get('user_password') };
  send('POST', '/auth/login', credentials, [200], (response) => {
    const token = response.json().access_token;
    const claims = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    kept.set('user_access_token', token);
    kept.set('user_sid', claims.sid);
    next();
  });
};
const findIssuer = (next) => {
  send('GET', '/.well-known/oauth-authorization-server', null, [200], (response) => {
    kept.set('issuer', response.json().issuer);
    next();
  });
};

const stepBefore = (planned.match(/\\{\\{story_\\w+\\}\\}/g) || []).find((name) => !kept.get(name.slice(2, -2)));
if (stepBefore) throw new Error('Nothing is kept as ' + stepBefore + ': send the steps of the story in order, from the first.');

const isAsUser = uses('user_access_token');
const lacksUser = (uses('user_id') || isAsUser) && !kept.get('user_id');
// a request without auth of its own uses the auth of the collection
const isAsAdmin = !pm.request.auth || uses('access_token') || uses('refresh_token') || lacksUser;
const isFresh = Number(kept.get('expires_at') || 0) - 10000 > Date.now();
const steps = [
  isAsAdmin && !isFresh && refreshOrSignIn,
  uses('customer_id') && !kept.get('customer_id') && makeCustomer,
  lacksUser && makeUser,
  isAsUser && signInAsUser,
  uses('issuer') && findIssuer,
].filter(Boolean);
const next = () => steps.length > 0 && steps.shift()(next);
next();`
  .trim()
  .split('\n');

/** Keeps the tokens of an answer as the tokens of the collection. */
export const KEEP_TOKENS = test(
  KEPT,
  'const tokens = pm.response.json();',
  isThere('tokens.access_token'),
  isThere('tokens.refresh_token'),
  ...SET_TOKENS,
);

/** Forgets the tokens of the collection, so that the next request signs in again. */
export const FORGET_TOKENS = forget('access_token', 'refresh_token', 'expires_at');

/** Keeps the version of the customer, for If-Match and If-None-Match. */
export const KEEP_TAG = test(
  'its ETag is kept for the next requests',
  "const etag = pm.response.headers.get('etag');",
  isThere('etag'),
  "pm.collectionVariables.set('customer_tag', etag);",
);

/** Skips the test until the story has run. */
export const REPLAY_IS_AMONG_EVENTS = `
const replay = pm.collectionVariables.get('story_replay');
(replay ? pm.test : pm.test.skip)('refresh_token_reused: the replay of the story', () => {
  const reused = pm.response.json().items.map(({ request_id }) => request_id);
  pm.expect(reused).to.include(replay);
});`
  .trim()
  .split('\n');

/**
 * Keeps members of an answer: variable → member. The test fails if a member is missing: a later step that expects a
 * refusal would pass without it.
 */
export function keep(variables: Record<string, string>): string[] {
  return test(
    KEPT,
    'const answer = pm.response.json();',
    ...Object.entries(variables).flatMap(([variable, member]) => [
      isThere(`answer.${member}`),
      `pm.collectionVariables.set('${variable}', answer.${member});`,
    ]),
  );
}

function isThere(text: string): string {
  return `pm.expect(${text}, '${text}').to.be.a('string').that.is.not.empty;`;
}

export function forget(...names: string[]): string[] {
  return names.map((name) => `pm.collectionVariables.unset('${name}');`);
}

export function test(name: string, ...lines: string[]): string[] {
  return [`pm.test(${JSON.stringify(name)}, () => {`, ...lines.map((line) => `  ${line}`), '});'];
}

/** Waits before a request with a token of a session that has ended: within a second every process refuses it. */
export const A_SECOND_LATER = ['setTimeout(() => {}, 1000);'];
