// SPDX-License-Identifier: Apache-2.0
// A program of one test: when the test ends, whatever of it still runs is killed.

import { onTestFinished } from 'vitest';
import { type Command, Restartable } from './restartable.ts';

export class Program extends Restartable {
  constructor(command: Command) {
    super(command);
    onTestFinished(() => this.kill());
  }
}
