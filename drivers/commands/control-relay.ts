// SPDX-License-Identifier: Apache-2.0
// `tieline control --relay`: opens or closes the relay of a DL/T 645-2007 meter. Off unless meter, key file
// and consent are all given, the address twice; done only when the meter's status word says so.

import { TielineError } from '../../base/errors.ts';
import type { ByteLine } from '../bus/byte-line.ts';
import { orderRelay, readRelay } from '../control/dlt645-relay.ts';
import { isAddress } from '../dlt645/frame.ts';
import type { RelayAuthority } from '../dlt645/relay-frame.ts';
import type { LineFault } from '../line.ts';

export type RelayOptions = {
  /** `open` or `close`. */
  readonly relay?: string | undefined;
  readonly address?: string | undefined;
  /** The address once more. */
  readonly confirm?: string | undefined;
  /** Level and password, operator code: what the key file holds. */
  readonly key?: readonly Uint8Array[] | undefined;
  readonly yes?: boolean | undefined;
};

export type RelayParts = {
  readonly print: (line: string) => void;
  readonly wait: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
};

const validMs = 5 * 60_000;
const keyPartLength = 4;
// A latching relay takes less than a second, a meter's display of it some.
const looksMax = 10;
const lookMs = 1_000;

/** What is wanted, judged before anything is asked. `authority`: only with consent.
 * @throws TielineError `usage` */
export function relayWish(options: RelayOptions) {
  const { relay, address } = options;
  if (relay !== 'open' && relay !== 'close') throw usage(`--relay is open or close, not ${relay}`);
  if (address === undefined || !isAddress(address)) {
    throw usage('--relay wants --address, the 12 digits that stand on the meter');
  }
  const authority = authorityOf(options);
  if (options.yes !== true) return { toOpen: relay === 'open', address, authority: undefined };
  if (authority === undefined) throw usage('--relay with --yes wants --key-file');
  if (options.confirm !== address) {
    throw usage(`--relay with --yes wants --confirm, the address once more: ${address}`);
  }
  return { toOpen: relay === 'open', address, authority };
}

/** The exit code: 0 done, 3 only said what would be done.
 * @throws TielineError `usage`, `control-refused`, `control-…` after the fault on the line */
export async function switchRelay(
  options: RelayOptions,
  line: ByteLine,
  { print, wait, nowMs }: RelayParts,
): Promise<number> {
  const { toOpen, address, authority } = relayWish(options);
  const tell = (isOpen: boolean) => print(`the meter says: its relay is ${stateOf(isOpen)}`);
  const before = await readRelay(line, address);
  if (!before.ok) throw failure(before.fault);
  tell(before.isOpen);
  const effect = toOpen ? 'which cuts off all behind it' : 'which puts all behind it under voltage';
  const will = `${toOpen ? 'open' : 'close'} the relay of meter ${address}, ${effect}`;
  if (authority === undefined) {
    print(`would ${will}; give --key-file, --confirm ${address} and --yes to do it`);
    return 3;
  }
  print(`will ${will}`);
  const order = toOpen ? 'trip' : 'close';
  const until = localTime(nowMs() + validMs);
  const ordered = await orderRelay(line, { address, order, authority, until });
  if (!ordered.ok && ordered.fault.kind === 'exception') throw failure(ordered.fault);
  // One whose answer was lost may have been obeyed all the same: it is not sent again.
  if (!ordered.ok) print(`no answer to the order: ${ordered.fault.detail}`);
  for (let look = 1; ; look++) {
    const after = await readRelay(line, address);
    if (!after.ok && look >= looksMax) throw failure(after.fault);
    if (after.ok && (after.isOpen === toOpen || look >= looksMax)) {
      tell(after.isOpen);
      if (after.isOpen === toOpen) return 0;
      throw refusal(ordered.ok ? 'the meter took the order, and did not obey' : 'nothing changed');
    }
    await wait(lookMs);
  }
}

function authorityOf({ key }: RelayOptions): RelayAuthority | undefined {
  if (key === undefined) return undefined;
  const [password, operator, ...more] = key;
  const isWhole =
    password?.length === keyPartLength && operator?.length === keyPartLength && more.length === 0;
  if (isWhole) return { password, operator };
  throw usage('the key file holds two lines of 8 digits: level and password, operator code');
}

/** By this computer's clock and time zone: meters keep local time. */
function localTime(timeMs: number): [number, number, number, number, number, number] {
  const at = new Date(timeMs);
  const day = [at.getFullYear() % 100, at.getMonth() + 1, at.getDate()] as const;
  return [...day, at.getHours(), at.getMinutes(), at.getSeconds()];
}

function stateOf(isOpen: boolean): string {
  return isOpen ? 'open: nothing flows' : 'closed';
}

function failure(fault: LineFault): TielineError {
  const hint = fault.kind === 'exception' ? 'the order was not taken' : fault.hint;
  return new TielineError(`control-${fault.kind}`, fault.detail, { retry: 'transient', hint });
}

function refusal(message: string): TielineError {
  return new TielineError('control-refused', message, {
    hint: 'many meters close only when somebody presses their button, and open only when permitted',
  });
}

function usage(message: string): TielineError {
  return new TielineError('usage', message, { hint: 'see `tieline control --help`' });
}
