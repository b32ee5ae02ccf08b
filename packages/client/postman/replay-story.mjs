// A refresh token that is used twice, and signing out. With tokens of its own: each step needs what those before it keep.
import { LOGIN, refresh, YOUNGEST } from './requests.mjs';
import { FORGET_TOKENS, keep, test, wait } from './scripts.mjs';

const INVALID_GRANT = test('invalid_grant', "pm.expect(pm.response.json().code).to.equal('invalid_grant');");
const INVALID_TOKEN = test('invalid_token', "pm.expect(pm.response.json().code).to.equal('invalid_token');");

export const REPLAY_STORY = {
  name: 'The replay story',
  description:
    'Send these steps in order, from top to bottom. A refresh token works once, but for ten seconds the same request gets the same answer again, because an answer may be lost. A token older than that is a replay: somebody else may have it, so the session ends, with all its tokens.',
  requests: [
    { ...LOGIN, name: '1. Sign in', after: keep({ story_first: 'refresh_token' }) },
    { ...refresh('story_first'), name: '2. Refresh', after: keep({ story_second: 'refresh_token' }) },
    {
      ...refresh('story_first'),
      name: '3. The answer was lost: the same one again',
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
      before: wait(1_000),
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
      before: wait(1_000),
      status: 401,
      after: INVALID_TOKEN,
    },
    {
      ...refresh('story_last'),
      name: '12. The refresh token: refused',
      status: 401,
      // who has signed out would be surprised by a collection that still is signed in
      after: [...INVALID_GRANT, ...FORGET_TOKENS],
    },
  ],
};
