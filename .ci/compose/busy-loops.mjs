import { spawn } from 'node:child_process';

/** Runs `work` beside `count` processes that each use all the processor time they can get. */
export async function besideBusyLoops(count, work) {
  // the loops end however this process ends, because its end closes their standard input
  const script =
    'process.stdin.resume().on("end", process.exit); (function spin() { const end = Date.now() + 50; while (Date.now() < end); setImmediate(spin); })()';
  const loops = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'ignore', 'ignore'] }),
  );
  try {
    return await work();
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
}
