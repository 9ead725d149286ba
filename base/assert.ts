// SPDX-License-Identifier: Apache-2.0
// A broken invariant is a fault of ours: nothing may go on from it. The process ends, its supervisor starts
// it again, and the log is replayed.

/** Thrown by `assert` alone; nobody but the top level of a program may catch it. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`broken invariant: ${message}`);
    this.name = 'InvariantError';
  }
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the default branch of a switch that handles every case. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${JSON.stringify(value)}`);
}
