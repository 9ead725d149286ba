// SPDX-License-Identifier: Apache-2.0
// Why a tty could not be opened, and what the reader can do about it.

import { TielineError } from '../../base/errors.ts';
import { heldByUs } from './port-holder.ts';

/** `message`: as the serial package or the system words it. */
export function serialOpenError(
  path: string,
  message: string,
  {
    ports,
    holders,
  }: {
    /** Paths of the ports that were found. */
    readonly ports: readonly string[];
    /** Who has it open, where that could be told. */
    readonly holders: string | undefined;
  },
): TielineError {
  const found = ports.length > 0 ? `found: ${ports.join(', ')}` : 'no serial port was found';
  const failure = (reason: string, hint: string) =>
    new TielineError('line-closed', `cannot open ${path}: ${reason}`, { retry: 'transient', hint });
  if (/permission denied|EACCES/i.test(message)) {
    const fix = 'sudo usermod -aG dialout $USER';
    return failure('permission denied', `run \`${fix}\`, then log out and in again`);
  }
  if (/no such file|ENOENT|no such device|ENODEV|ENXIO/i.test(message)) {
    return failure('there is no such port', `${found}; check that the adapter is plugged in`);
  }
  if (isBusy(message)) {
    if (holders === heldByUs) {
      return failure('it is in use', `${heldByUs} has it open: two lines lead to one port`);
    }
    const unknown = `another program holds it; \`sudo fuser -v ${path}\` names it`;
    const known = `${holders} holds it: end that first, a gateway by \`sudo systemctl stop tieline\``;
    return failure('it is in use', holders === undefined ? unknown : known);
  }
  return failure(message, found);
}

/** Whether it is another program that keeps it from being opened. */
export function isBusy(message: string): boolean {
  return /cannot lock|temporarily unavailable|EBUSY|busy/i.test(message);
}
