import { metricIn } from '@pair/test-kit';
import t from 'tap';
import { ServedMetrics } from '../../src/metrics/served-metrics.ts';

t.test('a histogram has cumulative buckets, a sum and a count for each time series', async (t) => {
  const metrics = new ServedMetrics();
  const histogram = metrics.histogram({
    name: 'wait_seconds',
    help: 'Waiting',
    labelNames: ['door'],
    buckets: [0.1, 1],
  });
  const front = histogram.of({ door: 'front' });
  for (const value of [0.05, 0.1, 0.5, 7]) front(value);
  histogram.of({ door: 'front' })(0.5); // of another service in the process
  histogram.of({ door: 'back' });
  const text = await metrics.exposition();
  t.match(text, /^# TYPE wait_seconds histogram$/m);
  const value = (series: string) => metricIn(text, `wait_seconds_${series}`);
  t.equal(value('bucket{door="front",le="0.1"}'), 2, 'a bound belongs to its bucket');
  t.equal(value('bucket{door="front",le="1"}'), 4);
  t.equal(value('bucket{door="front",le="+Inf"}'), 5);
  t.equal(value('count{door="front"}'), 5);
  t.ok(Math.abs((value('sum{door="front"}') ?? 0) - 8.15) < 1e-9);
  t.equal(value('bucket{door="back",le="+Inf"}'), 0);
  t.equal(text.split('wait_seconds_count{door="front"}').length, 2, 'once');
});
