/** The section of docs/replay-protection.md about tokens that are bound to a key. */
export const DPOP = 'tokens-that-are-bound-to-a-key';
