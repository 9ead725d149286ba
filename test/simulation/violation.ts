// SPDX-License-Identifier: Apache-2.0
// What a simulation is for: a promise that was broken, by the name of the invariant that says so.

export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(message);
    this.name = 'Violation';
    this.invariant = invariant;
  }
}
