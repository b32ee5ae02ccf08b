import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createSigner } from 'fast-jwt';
import Fastify from 'fastify';
import { Redis } from 'ioredis';

/** The floor of a refresh: a bare Fastify route that swaps a nonce by one call of Lua, and signs a token with ES256. */
const { PORT, REDIS_URL = '' } = process.env;
const pem = { type: 'pkcs8', format: 'pem' } as const;
const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: pem,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const sign = createSigner({ key: privateKey, algorithm: 'ES256', kid: 'k', iss: 'auth', expiresIn: 600_000 });
const redis = new Redis(REDIS_URL);
redis.defineCommand('swap', {
  numberOfKeys: 2,
  lua: "local v = redis.call('GETDEL', KEYS[1]) if v then redis.call('SET', KEYS[2], v, 'EX', 86400) end return v",
});
const commands = redis as Redis & { swap(key: string, next: string): Promise<string | null> };
const string = { type: 'string' };
const tokens = { type: 'object', properties: { access_token: string, refresh_token: string } };

const newToken = () => randomBytes(24).toString('base64url');
async function begin() {
  const token = newToken();
  await redis.set(token, randomUUID(), 'EX', 86_400);
  return { refresh_token: token };
}

const app = Fastify();
app.post('/auth/login', begin);
app.post<{ Body: { refresh_token: string } }>(
  '/auth/refresh',
  { schema: { body: { ...tokens, required: ['refresh_token'] }, response: { 200: tokens } } },
  async (request, reply) => {
    const refresh_token = newToken();
    const sub = await commands.swap(request.body.refresh_token, refresh_token);
    if (sub === null) return reply.code(401).send();
    return { access_token: sign({ sub, jti: randomUUID() }), refresh_token };
  },
);
await app.listen({ host: '127.0.0.1', port: Number(PORT) });
process.on('SIGTERM', () => process.exit(0));
