/** An error that the operator can correct. The message names the cause and the next step; a stack would only hide it. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
  }
}
