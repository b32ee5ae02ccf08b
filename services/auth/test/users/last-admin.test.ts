import t from 'tap';
import { get, login, makeUser, patch, startAuth } from '../support/auth-under-test.ts';

const { app } = await startAuth(t);
const admin = (await login(app)).access_token;

t.test(
  'the last admin can be neither disabled nor stripped of the scope, and two admins cannot do it to each other',
  async (t) => {
    const me = (await get(app, '/auth/me', admin)).json().id;
    for (const change of [{ disabled: true }, { scope: 'customers:read' }, { scope: '' }]) {
      t.match((await patch(app, `/auth/users/${me}`, change, admin)).json(), {
        status: 409,
        code: 'last_admin',
      });
    }
    const second = await makeUser(app, 'second-admin', 'users:admin');
    const { access_token } = await login(app, second.credentials);
    const answers = await Promise.all([
      patch(app, `/auth/users/${me}`, { disabled: true }, access_token),
      patch(app, `/auth/users/${second.id}`, { disabled: true }, access_token),
    ]);
    t.same(answers.map((answer) => answer.statusCode).sort(), [200, 409]);
  },
);
