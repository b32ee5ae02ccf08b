import { EventEmitter } from 'node:events';
import pg from 'pg';
import t, { type Test } from 'tap';
import { Timelines } from '../../src/stores/timelines.ts';

/** A German server without the functions. */
const unsupported = () =>
  Object.assign(new pg.DatabaseError('gibt es nicht', 0, 'error'), { severity: 'FEHLER', code: '42883' });

/** Timelines with a clock, and connections whose server answers with this timeline. */
function lab(t: Test) {
  let now = 0;
  t.intercept(performance, 'now', { value: () => now });
  t.intercept(pg.Client.prototype, 'query', {
    async value(this: { timeline: string }) {
      if (this.timeline === 'none') throw unsupported();
      return { rows: [{ cluster: '7', timeline: this.timeline }] };
    },
  });
  const timelines = new Timelines(() => {});
  const connect = async (timeline: string) => {
    const client = Object.assign(new EventEmitter(), { timeline });
    await timelines.admit(client as unknown as pg.Client);
    return { close: () => client.emit('end') };
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { connect, pass };
}

t.test(
  'an older primary is refused while a connection leads to a newer one, and a minute longer',
  async (t) => {
    const { connect, pass } = lab(t);
    const past = { message: /a primary of the past/ };
    await connect('00000001');
    const newer = [await connect('00000002'), await connect('00000002')];
    newer[0]?.close();
    pass(120_000);
    await t.rejects(connect('00000001'), past);
    newer[1]?.close();
    pass(59_000);
    await t.rejects(connect('00000001'), past);
    pass(2_000);
    await connect('00000001'); // a backup that was restored, for example
    await connect('00000002');
    await t.rejects(connect('00000001'), past);
  },
);

t.test('a server without timelines is admitted', async (t) => {
  const { connect } = lab(t);
  await connect('00000002');
  await connect('none');
});
