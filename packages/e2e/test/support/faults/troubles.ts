import { setTimeout as delay } from 'node:timers/promises';
import type { TestServer } from '@pair/test-kit';

/** Brings a server into trouble and out of it again. Resolves when the server works as before. */
export type Trouble = (server: TestServer, lastsMs: number) => Promise<void>;

/** A slow server pauses longer than a script's deadline and a client's time-out, and then works for a while. */
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
  /** The server executes some commands after the client has given up, and some replies are late. */
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
