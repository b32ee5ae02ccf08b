import { readdirSync, readFileSync } from 'node:fs';
import { COMPONENTS, type Component, type Cost } from './costs.ts';

/** `getconf CLK_TCK` of every Linux. */
const TICKS_PER_SECOND = 100;

interface Process {
  pid: number;
  parent: number;
  /** CPU time so far, in microseconds. */
  cpu: number;
  component: Component | undefined;
}

/** The CPU time that the descendants of this process have used so far, for each component, in microseconds; Linux only. */
export function cpuOfComponents(): Cost {
  const processes = allProcesses();
  const parentOf = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (pid: number): boolean => {
    for (let parent = parentOf.get(pid); parent !== undefined; parent = parentOf.get(parent)) {
      if (parent === process.pid) return true;
    }
    return false;
  };
  const sum = Object.fromEntries(COMPONENTS.map((component) => [component, 0])) as Cost;
  for (const { pid, cpu, component } of processes) {
    if (component !== undefined && isOurs(pid)) sum[component] += cpu;
  }
  return sum;
}

function allProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        // after the name of the program, which may contain anything, in parentheses
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const ticks = Number(fields[11]) + Number(fields[12]);
        return [
          {
            pid: Number(name),
            parent: Number(fields[1]),
            cpu: (ticks * 1e6) / TICKS_PER_SECOND,
            component: componentOf(command),
          },
        ];
      } catch {
        return []; // the process has ended meanwhile
      }
    });
}

function componentOf(command: string): Component | undefined {
  if (command.includes('services/auth/')) return 'auth';
  if (command.includes('services/customers/')) return 'customers';
  const [program = ''] = command.split(/[\0 ]/);
  if (program.includes('redis-server')) return 'Redis';
  if (/nginx/.test(program)) return 'nginx';
  if (/postgres/.test(program)) return 'PostgreSQL';
  return undefined;
}
