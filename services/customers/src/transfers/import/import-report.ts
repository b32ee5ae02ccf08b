import { Problem } from '@pair/service-kit';

/** The reason why the import skipped a line. `member` is null if the whole line is wrong. */
export interface LineProblem {
  line: number;
  member: string | null;
  reason: string;
}

const MAX_PROBLEMS = 1_000;

/** Counts and collects the results of an import, while it runs and at its end. */
export class ImportReport {
  /** The line that was read last. */
  linesRead = 0;
  created = 0;
  skipped = 0;
  #problems: LineProblem[] = [];

  /** Counts a skipped record, with its problems. */
  skip(problems: LineProblem[]): void {
    this.skipped++;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(...problems);
  }

  /** Counts records as skipped that were counted as created. `problems` may name fewer of them than `count`. */
  skipTaken(problems: LineProblem[], count: number): void {
    this.created -= count;
    this.skipped += count;
    this.#problems = [...this.#problems, ...problems].sort((a, b) => a.line - b.line);
  }

  progress() {
    return { lines_read: this.linesRead, created: this.created, skipped: this.skipped };
  }

  summary() {
    return { ...this.progress(), problems: this.#problems.slice(0, MAX_PROBLEMS) };
  }
}

/** Returns a 422 with the report. */
export function importRefused(report: ImportReport): Problem {
  report.created = 0;
  return new Problem(422, 'import_refused', 'Nothing was imported: see problems.', {
    extensions: report.summary(),
  });
}

export function importConflict(): Problem {
  return new Problem(
    409,
    'conflict',
    'Nothing was imported, because another request has created a customer with an id of the file: send the file again.',
  );
}

/** Returns a 503 that promises nothing: PostgreSQL may have committed the import, or may do so later. */
export function importUnconfirmed(cause: Error): Problem {
  return new Problem(
    503,
    'unavailable',
    'The database has not confirmed the import, so its customers may exist now, or later. Look for them before you send the file again.',
    { headers: { 'retry-after': '1' }, cause },
  );
}
