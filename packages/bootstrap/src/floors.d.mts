/** One sentence for each version in the text of a pnpm-lock.yaml that is too old. */
export function belowFloor(lockfile: string): string[];
