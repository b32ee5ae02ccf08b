import { t } from 'tap';
import { findCommand, manualInstall } from '../src/prerequisites.mjs';

t.test('the advice for a missing program has the command of each package manager', async (t) => {
  t.equal(findCommand('no-such-program'), undefined);
  for (const tool of ['apt-get', 'brew', 'dnf', 'apk']) t.match(manualInstall('redis-server'), tool);
});
