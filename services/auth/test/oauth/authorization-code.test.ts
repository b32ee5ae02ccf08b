import t from 'tap';
import { get, startAuth } from '../auth-under-test.ts';
import {
  authorizationRequest,
  authorize,
  newVerifier,
  openPage,
  parametersOf,
  redeem,
  submit,
} from './support.ts';

const { app } = await startAuth(t);

t.test(
  'a user who signs in on the page gives the client a code, and the client gets tokens for it',
  async (t) => {
    const { verifier, challenge } = newVerifier();
    const page = await openPage(app, authorizationRequest(challenge));
    t.equal(page.response.statusCode, 200, page.response.payload);
    const answer = await submit(app, page);
    t.equal(answer.statusCode, 303, answer.payload);
    const parameters = parametersOf(answer.headers.location);
    t.match(parameters, { state: 'the state', iss: 'http://localhost:8080', code: /^ac_/ });
    const response = await redeem(app, { code: parameters.code ?? '', verifier });
    t.equal(response.statusCode, 200, response.payload);
    const tokens = response.json();
    t.equal((await get(app, '/auth/me', tokens.access_token)).statusCode, 200);
  },
);

t.test('x', async (t) => {
  const got = await authorize(app);
  t.equal((await redeem(app, got)).statusCode, 200);
});
