/** The folder of the whole repository. */
export const ROOT: string;
/** Compares versions number by number; what follows a hyphen does not count. */
export function isAtLeast(version: string, floor: string): boolean;
