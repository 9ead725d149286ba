// SPDX-License-Identifier: Apache-2.0
// Why a device behind TCP cannot be called, or was lost, and what the reader can do about it.

import { TielineError } from '../../base/errors.ts';

type Endpoint = { readonly host: string; readonly port: number };

/** `reason`: the system's word for it, e.g. `ECONNREFUSED`; `what` is to be reached there. */
export function connectError(
  { host, port }: Endpoint,
  {
    reason,
    what,
    cause,
  }: { readonly reason: string; readonly what: string; readonly cause: unknown },
): TielineError {
  return new TielineError('line-closed', `no connection to ${host}:${port}: ${reason}`, {
    retry: 'transient',
    hint: connectHint(reason, what),
    cause,
  });
}

/** Of what is to be reached: `what`. */
export function connectHint(reason: string, what: string): string {
  switch (reason) {
    case 'ECONNREFUSED':
      return (
        'the machine is there, and nothing listens or a firewall refuses: check the port, and ' +
        `that ${what} is switched on there`
      );
    case 'ETIMEDOUT':
      return (
        `nothing came back: is ${what} powered, in this network, and let through by ` +
        'the firewall?'
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no way leads there, or a firewall refuses: check cable, address, `ip route`';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name is not known: check it and the name server, or write the address in numbers';
    default:
      return `check host and port, and that ${what} is switched on and reachable`;
  }
}

/** Of a connection that was there. */
export const lostHint =
  'the other side ended it: many devices take one or two connections only, ' +
  'is another program connected?';
