import { Problem } from '@pair/service-kit';

/** Why a line was not taken. `member` is null when it is the line as a whole. */
export interface LineProblem {
  line: number;
  member: string | null;
  reason: string;
}

const MAX_PROBLEMS = 1_000;

/** What became of the lines of a file, while it is read and at its end. */
export class ImportReport {
  /** How far it is read. */
  linesRead = 0;
  created = 0;
  skipped = 0;
  #problems: LineProblem[] = [];

  /** A record is not taken, for these reasons. */
  skip(problems: LineProblem[]): void {
    this.skipped++;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(...problems);
  }

  /** Records that had been taken are not, for these reasons and others. */
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

/** 422, with the report. */
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
    'Nothing was imported: a customer with an id of the file was created meanwhile.',
  );
}
