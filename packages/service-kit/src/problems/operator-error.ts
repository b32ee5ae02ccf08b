/** What whoever runs the program can mend. The message alone says what and how; a stack would only hide it. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
  }
}
