// A REST request that got no useful answer: what was asked, why it failed, and whether the same may
// succeed later. `status` and `code` let a caller decide; nobody has to read the message.

import { OperationalError } from '../lake/errors.ts';

export type RestFailure = {
  /** HTTP status; undefined where no answer came. */
  status?: number | undefined;
  /** The exchange's own error code, where it gave one. */
  code?: number | undefined;
  hint?: string;
  retryable: boolean;
  cause?: unknown;
};

export class RestError extends OperationalError {
  readonly status: number | undefined;
  readonly code: number | undefined;

  constructor(what: string, { status, code, ...details }: RestFailure) {
    super(what, details);
    this.name = 'RestError';
    this.status = status;
    this.code = code;
  }
}
