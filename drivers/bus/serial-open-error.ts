// SPDX-License-Identifier: Apache-2.0
// Why a tty could not be opened, and what the reader can do about it.

import { TielineError } from '../../base/errors.ts';

/** `message`: as the serial package or the system words it. `ports`: paths of the ports that were
 * found. */
export function serialOpenError(
  path: string,
  message: string,
  ports: readonly string[],
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
  if (/cannot lock|temporarily unavailable|EBUSY|busy/i.test(message)) {
    const hint = `another program holds it; \`fuser -v ${path}\` names it`;
    return failure('it is in use', hint);
  }
  return failure(message, found);
}
