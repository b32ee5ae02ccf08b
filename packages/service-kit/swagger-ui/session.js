// Keeps the user signed in while the page is open: refreshes the access token, and ends the session on Logout.
const sessionPlugin = () => {
  const SCHEME = 'oauth2';
  /** A request has this time to arrive before its token expires. */
  const SPARE_MS = 30_000;
  /** In memory only: the access token is stored, because it soon expires, but this token could be used for weeks. */
  let refreshToken;
  let refreshing;

  const authorization = ({ authSelectors }) => authSelectors.authorized().get(SCHEME)?.toJS();
  const isGood = ({ token }, spareMs = 0) => Date.now() + spareMs < token.expires_at;

  /** The revocation endpoint is beside the token endpoint. */
  function send(path, { schema, clientId }, form) {
    const url = new URL(path, new URL(schema.tokenUrl, location.href));
    const body = new URLSearchParams({ ...form, client_id: clientId });
    return fetch(url, { method: 'POST', body, keepalive: true });
  }

  /** Without a refresh token, after a reload, the access token can end the session. */
  function endSession(auth) {
    const { access_token: accessToken } = auth.token;
    const ended =
      refreshToken === undefined
        ? fetch('/auth/logout', {
            method: 'POST',
            headers: { authorization: `Bearer ${accessToken}` },
            keepalive: true,
          })
        : send('revoke', auth, { token: refreshToken });
    refreshToken = undefined;
    return ended.catch(() => {}); // offline: the session ends by itself, later
  }

  /** Without a good token the padlock opens, so that the user sees the reason of a 401. */
  async function refresh(system) {
    const { authActions } = system;
    const auth = authorization(system);
    if (auth === undefined || isGood(auth, SPARE_MS)) return;
    if (refreshToken === undefined) {
      if (!isGood(auth)) authActions.logout([SCHEME]);
      return;
    }
    const sent = refreshToken;
    const answer = await send('', auth, { grant_type: 'refresh_token', refresh_token: sent });
    if (refreshToken !== sent) return; // meanwhile, the user has signed out, or signed in again in another tab
    if (answer.ok) {
      authActions.authorizeOauth2WithPersistOption({ auth, token: await answer.json() });
    } else if (answer.status === 400) {
      refreshToken = undefined; // the session has ended
      authActions.logout([SCHEME]);
    }
  }

  function withoutExpired({ authorized: { [SCHEME]: auth, ...others } }) {
    return { authorized: auth !== undefined && isGood(auth) ? { ...others, [SCHEME]: auth } : others };
  }

  return {
    afterLoad(system) {
      const accessToken = () => authorization(system)?.token.access_token;
      // another tab refreshed its token, ended its session, or began one, maybe of another user
      addEventListener('storage', ({ key, newValue }) => {
        if (key !== 'authorized' || newValue === null) return;
        const authorized = JSON.parse(newValue);
        const stored = authorized[SCHEME];
        if (stored === undefined) refreshToken = undefined;
        // the other tab cannot refresh the token of this tab: another token is of a new session
        else if (refreshToken !== undefined && stored.token.access_token !== accessToken())
          endSession(authorization(system));
        system.authActions.restoreAuthorization({ authorized });
      });
    },
    statePlugins: {
      auth: {
        wrapActions: {
          authorizeOauth2: (original) => (payload) => {
            const { refresh_token, ...token } = payload.token;
            refreshToken = refresh_token;
            const expires_at = Date.now() + token.expires_in * 1_000;
            return original({ ...payload, token: { ...token, expires_at } });
          },
          logoutWithPersistOption: (original, system) => (names) => {
            const auth = authorization(system);
            if (names.includes(SCHEME) && auth !== undefined) endSession(auth);
            return original(names);
          },
          restoreAuthorization: (original) => (payload) => original(withoutExpired(payload)),
        },
      },
      spec: {
        wrapActions: {
          execute: (original, system) => async (operation) => {
            refreshing ??= refresh(system)
              .catch(() => {}) // offline: so is the request
              .finally(() => {
                refreshing = undefined;
              });
            await refreshing;
            return original(operation);
          },
        },
      },
    },
  };
};
// Swagger UI calls a function among its plugins twice: the two plugins would each have a refresh token
SwaggerUIStandalonePreset.push(sessionPlugin());
