import { benchBursts } from './bursts.ts';
import { benchCosts } from './costs.ts';
import { benchDpop } from './dpop.ts';
import { benchRequests } from './requests.ts';
import { benchTokens } from './tokens.ts';

/** `npm run bench`: every request beside its ceilings, in one run of less than ten minutes. */
for (const bench of [benchRequests, benchTokens, benchBursts, benchCosts, benchDpop]) {
  const teardowns: (() => unknown)[] = [];
  try {
    await bench({ teardown: (fn) => teardowns.unshift(fn) });
  } finally {
    for (const teardown of teardowns) await teardown();
  }
}
