import t from 'tap';
import { noneMatchFails } from '../../src/index.ts';

t.test(
  'If-None-Match fails for the current tag, weak or strong, alone or in a list, and for *',
  async (t) => {
    for (const field of ['"7"', 'W/"7"', '"1", "7"', '"1",W/"7"', '*', ' "7"'])
      t.equal(noneMatchFails(field, '"7"'), true, field);
  },
);

t.test('If-None-Match holds for other tags, and when it is absent or malformed', async (t) => {
  for (const field of [undefined, '"8"', '"77"', '""', '"8", W/"9"', '7', '"7', '"7" x', '*,"8"', '']) {
    t.equal(noneMatchFails(field, '"7"'), false, String(field));
  }
});
