// SPDX-License-Identifier: Apache-2.0
// What is wrong in a configuration that its schema cannot say.

export type Problem = {
  /** Of the value that is wrong. */
  readonly path: (string | number)[];
  readonly message: string;
  readonly hint?: string;
};
