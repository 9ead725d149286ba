// SPDX-License-Identifier: Apache-2.0
// The two ways of saying no: an operating error is thrown, an untrusted input is refused with a returned
// reason. (The third, a broken invariant, is `assert` in assert.ts.)

/** Whether doing the same again may help: `transient` yes, `permanent` not before something is changed,
 * `fatal` never in this process: it must end and start anew. */
export type Retry = 'transient' | 'permanent' | 'fatal';

/** An operating error: something outside our code did not do its part. `hint` says what the reader can do. */
export class TielineError extends Error {
  readonly code: string;
  readonly retry: Retry;
  readonly hint: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { retry?: Retry; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TielineError';
    this.code = code;
    this.retry = options.retry ?? 'permanent';
    this.hint = options.hint;
  }
}

/** What every check of untrusted input returns. `code` is stable and for machines, `detail` for people. */
export type Result<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: Code; readonly detail: string };

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse<Code extends string>(
  code: Code,
  detail: string,
): { readonly ok: false; readonly code: Code; readonly detail: string } {
  return { ok: false, code, detail };
}

/** The message of anything thrown, also of the things that are not Errors (modbus-serial throws such). */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
    return String(thrown.message);
  }
  return String(thrown);
}
