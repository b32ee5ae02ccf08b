/** An error that the operator can correct. The message names the cause and the next step; a stack would only hide it. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
  }
}

/**
 * The arguments of a command are wrong: it changes nothing, and ends with status 2. The message must not repeat an unknown
 * word: it may be a password in the wrong place.
 */
export class UsageError extends OperatorError {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
