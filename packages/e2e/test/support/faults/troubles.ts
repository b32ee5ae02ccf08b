import { setTimeout as delay } from 'node:timers/promises';
import type { TestServer } from '@pair/test-kit';

/** Gets a server into trouble and out of it again: resolves when that is over, and the server itself again. */
export type Trouble = (server: TestServer, lastsMs: number) => Promise<void>;

/** Of a slow server: longer than a script's deadline and than a client waits for Redis, and then some time to work. */
const PAUSE_MS = 350;
const WORK_MS = 150;

export const troubles = {
  async stopped(server, lastsMs) {
    await server.stop();
    await delay(lastsMs);
    await server.start();
  },
  async killed(server, lastsMs) {
    await server.kill();
    await delay(lastsMs);
    await server.start();
  },
  async paused(server, lastsMs) {
    server.pause();
    await delay(lastsMs);
    server.resume();
  },
  async restarted(server) {
    await server.stop();
    await server.start();
  },
  /** Some of what it is asked it does after the client has given up, and of some it has done the reply is late. */
  async slow(server, lastsMs) {
    const until = performance.now() + lastsMs;
    while (performance.now() < until) {
      server.pause();
      await delay(PAUSE_MS);
      server.resume();
      await delay(WORK_MS);
    }
  },
} satisfies Record<string, Trouble>;
