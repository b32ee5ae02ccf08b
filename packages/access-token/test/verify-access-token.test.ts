import { mintClaims, mintKey, waitFor } from '@pair/test-kit';
import type { FastifyPluginAsync, LightMyRequestResponse } from 'fastify';
import t from 'tap';
import type { VerifiedToken } from '../src/index.ts';
import { guardedProcess, ready } from './support/guarded-process.ts';
import { headerOf, signRaw } from './support/jws.ts';

const statusOf = async (response: Promise<LightMyRequestResponse>) => (await response).statusCode;

t.test('app.verifyAccessToken', async (t) => {
  const results: (VerifiedToken | Promise<VerifiedToken>)[] = [];
  const routes: FastifyPluginAsync = async (app) => {
    app.get('/logout', async (request) => {
      const { claims } = await app.verifyAccessToken(request, { allowRevoked: true });
      return claims;
    });
    app.get('/spy', async (request) => {
      results.push(app.verifyAccessToken(request));
      return {};
    });
  };
  const guarded = await guardedProcess(t, { routes });
  const { app, redis, key, send } = guarded;
  await ready(guarded);
  const get = (url: string, token: string) =>
    app.inject({ url, headers: { authorization: `Bearer ${token}` } });

  await t.test('is synchronous for a cached token, and returns the same object', async (t) => {
    const token = await key.sign(mintClaims());
    await get('/spy', token);
    await waitFor(() => results[0]);
    const first = await results[0];
    await get('/spy', token);
    t.ok(results[0] instanceof Promise);
    t.equal(results[1], first);
  });

  await t.test('a process remembers a bounded number of tokens', async (t) => {
    const isCached: boolean[] = [];
    const small = await guardedProcess(t, {
      cacheSize: 2,
      routes: async (app) => {
        app.get('/spy', async (request) => {
          const result = app.verifyAccessToken(request);
          isCached.push(!(result instanceof Promise));
          return (await result).claims;
        });
      },
    });
    await ready(small);
    const tokens = await Promise.all([1, 2, 3].map(() => small.key.sign(mintClaims())));
    for (const token of [...tokens, ...tokens.slice(1), ...tokens.slice(0, 1)]) {
      await small.app.inject({ url: '/spy', headers: { authorization: `Bearer ${token}` } });
    }
    t.same(isCached, [false, false, false, true, true, false]);
  });

  await t.test('finds a cached token for every spelling of its header', async (t) => {
    const token = await key.sign(mintClaims());
    await get('/spy', token);
    const first = await results.at(-1);
    for (const scheme of ['Bearer   ', 'bearer ', 'BEARER  ']) {
      await app.inject({ url: '/spy', headers: { authorization: scheme + token } });
      t.equal(results.at(-1), first, 'without another entry, and without another verification');
    }
  });

  await t.test('with allowRevoked refuses a token that was revoked alone', async (t) => {
    const claims = mintClaims();
    const token = await key.sign(claims);
    t.equal(await statusOf(get('/logout', token)), 200);
    await redis.revoke('jti', claims.jti);
    await waitFor(async () => (await send(token)).statusCode === 401);
    const response = await get('/logout', token);
    t.match(response, { statusCode: 401, headers: { 'www-authenticate': /error="invalid_token"/ } });
    const sibling = await key.sign(mintClaims({ sid: claims.sid }));
    t.equal(await statusOf(get('/logout', sibling)), 200, 'another token of its session is accepted');
    await redis.revoke('sid', claims.sid);
    await waitFor(async () => (await send(sibling)).statusCode === 401);
    t.equal(await statusOf(get('/logout', token)), 401, 'refused also after the session has ended');
    t.equal(await statusOf(get('/logout', sibling)), 200);
  });

  await t.test(
    'with allowRevoked accepts a token of a revoked session, and one of another epoch',
    async (t) => {
      const claims = mintClaims();
      const token = await key.sign(claims);
      await redis.revoke('sid', claims.sid);
      await waitFor(async () => (await send(token)).statusCode === 401);
      t.equal(await statusOf(get('/logout', token)), 200);
      t.equal((await get('/logout', token)).json().sid, claims.sid);
      t.equal(await statusOf(get('/logout', await key.sign(mintClaims({ epoch: 'another' })))), 200);
      t.equal(await statusOf(send(token)), 401, 'other routes refuse it');
    },
  );

  await t.test('with allowRevoked needs no feed', async (t) => {
    const token = await key.sign(mintClaims());
    redis.server.pause();
    guarded.clock.aheadMs += 31_000;
    t.equal(await statusOf(send(token)), 503, 'other routes need the feed');
    t.equal(await statusOf(get('/logout', token)), 200);
    redis.server.resume();
    await ready(guarded);
  });

  await t.test('returns claims that no handler can change for the next request', async (t) => {
    await get('/spy', await key.sign(mintClaims()));
    t.ok(Object.isFrozen((await results.at(-1))?.claims));
  });

  await t.test('with allowRevoked refuses a forged or expired token', async (t) => {
    const attacker = await mintKey();
    t.equal(await statusOf(get('/logout', await attacker.sign(mintClaims(), { kid: key.kid }))), 401);
    t.equal(await statusOf(app.inject('/logout')), 401);
    const claims = mintClaims();
    const token = await key.sign(claims);
    t.equal(await statusOf(get('/logout', token)), 200);
    t.intercept(Date, 'now', { value: () => claims.exp * 1_000 });
    t.equal(await statusOf(get('/logout', token)), 401);
  });

  await t.test('with allowRevoked refuses tokens of a revoked key, which an attacker may have', async (t) => {
    const token = await key.sign(mintClaims());
    t.equal(await statusOf(get('/logout', token)), 200);
    await redis.revoke('kid', key.kid);
    await waitFor(async () => (await send(token)).statusCode === 401);
    t.equal(await statusOf(get('/logout', token)), 401);
    t.equal(await statusOf(get('/logout', await key.sign(mintClaims()))), 401);
  });
});

t.test('10,000 tokens are cached, and the least recently used is evicted', async (t) => {
  const tokens: string[] = [];
  const remembered: boolean[] = [];
  const routes: FastifyPluginAsync = async (app) => {
    app.get('/all', async (request) => {
      const verify = (token: string | undefined) => {
        request.raw.headers.authorization = `Bearer ${token}`;
        return app.verifyAccessToken(request);
      };
      for (const token of tokens) await verify(token);
      for (const token of [tokens[1], tokens.at(-1), tokens[0]]) {
        const result = verify(token);
        remembered.push(!(result instanceof Promise));
        await result;
      }
    });
  };
  // so many signatures in a row keep the feed from its turn
  const guarded = await guardedProcess(t, { routes, maxStalenessSeconds: 600 });
  await ready(guarded);
  for (let i = 0; i < 10_001; i += 1) tokens.push(signRaw(guarded.key, headerOf(guarded.key), mintClaims()));
  t.equal(await statusOf(guarded.app.inject('/all')), 200);
  t.strictSame(remembered, [true, true, false]);
});
