// Why a request is not served, in words for whoever asked, and with the status that says so to a program. Made
// wherever the reason is found, in the server or in a process beside it. Never repeats what was sent.

export class Refusal extends Error {
  readonly status: number;
  /** When to ask again, where that may help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, text: string, retryAfterSeconds?: number) {
    super(text);
    this.name = 'Refusal';
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
