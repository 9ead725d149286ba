// SPDX-License-Identifier: Apache-2.0
// `tieline control`: one control of a device, by hand. It says what it will do, does it only when told
// to, reads back, and says when the device falls back by itself. Nothing is written that would stay
// for ever, unless that is what was asked for.

import { formatDecimal, parseDecimal, rescale } from '../../base/decimal.ts';
import { TielineError } from '../../base/errors.ts';
import {
  blockMsMax,
  isSgReadyContacts,
  sgReadyStates,
  switchingMsMin,
} from '../control/sg-ready.ts';
import { SgReadyContacts, type Switched } from '../control/sg-ready-contacts.ts';
import {
  findLimit,
  type LimitModel,
  type LimitPlace,
  releaseLimit,
  setLimit,
} from '../control/sunspec-limit.ts';
import type { LineFault } from '../line.ts';
import { serialDefaults } from '../protocol-meter.ts';
import { openLine } from '../transport.ts';
import { type RelayOptions, relayWish, switchRelay } from './control-relay.ts';
import { type TransportOptions, transportOf, unitOf, wholeNumber } from './transport-options.ts';

export type ControlOptions = TransportOptions &
  RelayOptions & {
    readonly unit?: string | undefined;
    /** Percent of the rating, with at most one decimal. */
    readonly limit?: string | undefined;
    readonly release?: boolean | undefined;
    /** Two contacts: `10`, `00`, `01`, `11`. */
    readonly 'sg-ready'?: string | undefined;
    /** Address of the first of the two coils. */
    readonly coil?: string | undefined;
    /** Seconds. */
    readonly for?: string | undefined;
    /** Without an end. */
    readonly keep?: boolean | undefined;
  };

export type ControlParts = {
  readonly print: (line: string) => void;
  /** Resolves after that time, or when the user ends the program. */
  readonly wait: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
};

// A timer of model 123 has 16 bits, of which the highest value means that there is none.
const secondsMax = 65_534;

/** The exit code: 0 done, 3 only said what would be done.
 * @throws TielineError `usage`, `control-refused`, `control-…` after the fault on the line */
export async function control(options: ControlOptions, parts: ControlParts): Promise<number> {
  const wanted = [options.limit, options.release || undefined, options['sg-ready'], options.relay];
  if (wanted.filter((one) => one !== undefined).length !== 1) {
    throw usage('give one of --limit PERCENT, --release, --sg-ready CONTACTS, --relay ORDER');
  }
  if (options.relay !== undefined) return controlRelay(options, parts);
  const transport = transportOf(options, { serial: null });
  const unit = unitOf(options.unit, transport);
  const line = openLine(transport);
  try {
    const place = { line: line.registers, unit };
    if (options['sg-ready'] !== undefined) return await switchContacts(options, place, parts);
    return await limitSource(options, place, parts);
  } finally {
    await line.close();
  }
}

async function controlRelay(options: ControlOptions, parts: ControlParts): Promise<number> {
  relayWish(options);
  const line = openLine(transportOf(options, { serial: serialDefaults.dlt645 }));
  try {
    if (line.bytes === undefined) throw usage('--relay is for --serial or --rtu-tcp');
    return await switchRelay(options, line.bytes, parts);
  } finally {
    await line.close();
  }
}

async function limitSource(
  options: ControlOptions,
  place: LimitPlace,
  { print }: ControlParts,
): Promise<number> {
  const permille = options.limit === undefined ? undefined : permilleOf(options.limit);
  const seconds = permille === undefined ? null : secondsOf(options);
  const found = await findLimit(place);
  if (!found.ok) throw failure(found.fault);
  print(`the device says: ${stateText(found.model)}`);
  const will =
    permille === undefined
      ? 'end the limit'
      : `limit it to ${percentText(permille)} % of its rating, ${endText(seconds)}`;
  if (options.yes !== true) {
    print(`would ${will}; give --yes to do it`);
    return 3;
  }
  print(`will ${will}`);
  const done =
    permille === undefined
      ? await releaseLimit(place, found.model)
      : await setLimit(place, found.model, { permille, reversionSeconds: seconds });
  if (!done.ok) throw failure(done.fault);
  print(`the device says: ${stateText(done.model)}`);
  const { isOn, permille: shown } = done.model.state;
  const isDone = permille === undefined ? !isOn : isOn && shown === permille;
  if (!isDone) throw refused('the device took the write, and does not show it');
  return 0;
}

async function switchContacts(
  options: ControlOptions,
  { line, unit }: LimitPlace,
  { print, wait }: ControlParts,
): Promise<number> {
  const contacts = options['sg-ready'] ?? '';
  if (!isSgReadyContacts(contacts)) {
    const known = Object.entries(sgReadyStates).map(([two, meaning]) => `${two} ${meaning}`);
    throw usage(`--sg-ready is one of ${known.join(', ')}`);
  }
  const address = wholeNumber('--coil', options.coil ?? '0', [0, 65_534]);
  const isNormal = contacts === '00';
  const seconds = isNormal ? null : secondsOf(options);
  if (seconds !== null && 1_000 * seconds < switchingMsMin) {
    throw usage(`a heat pump is not switched more often than every ${switchingMsMin / 1_000} s`);
  }
  if (contacts === '10' && (seconds === null || 1_000 * seconds > blockMsMax)) {
    throw usage(`a heat pump is blocked for at most ${blockMsMax / 1_000} s: give --for`);
  }
  const sgReady = new SgReadyContacts({ line, unit, address });
  const before = await sgReady.read();
  if (!before.ok) throw failure(before.fault);
  print(`the contacts are: ${before.contacts} ${sgReadyStates[before.contacts]}`);
  const back = seconds === null ? '' : `, and to 00 normal after ${seconds} s, by this program`;
  const will = `switch coils ${address} and ${address + 1} to ${contacts} ${sgReadyStates[contacts]}${back}`;
  if (options.yes !== true) {
    print(`would ${will}; give --yes to do it`);
    return 3;
  }
  print(`will ${will}`);
  try {
    const tell = (done: Switched) => {
      if (!done.ok) throw failure(done.fault);
      print(`the contacts are: ${done.contacts} ${sgReadyStates[done.contacts]}`);
    };
    tell(await sgReady.set(contacts));
    if (seconds === null) return 0;
    await wait(1_000 * seconds);
    tell(await sgReady.release());
    return 0;
  } finally {
    sgReady.close();
  }
}

function permilleOf(text: string): number {
  const decimal = parseDecimal(text);
  if (decimal !== undefined && decimal.exponent >= -1) {
    const permille = Number(rescale(decimal.mantissa, { from: decimal.exponent, to: -1 }));
    if (permille >= 0 && permille <= 1_000) return permille;
  }
  throw usage(`--limit is a percentage from 0 to 100, such as 60 or 62.5, not ${text}`);
}

/** null: without an end. */
function secondsOf(options: ControlOptions): number | null {
  if (options.keep === true && options.for === undefined) return null;
  if (options.keep !== true && options.for !== undefined) {
    return wholeNumber('--for', options.for, [1, secondsMax]);
  }
  throw usage('give --for SECONDS, after which it ends by itself, or --keep for no end');
}

function stateText({ kind, state }: LimitModel): string {
  const model = kind === 'ac-controls' ? 'model 704' : 'model 123';
  if (!state.isOn) return `no limit (SunSpec ${model})`;
  const { permille, reversionSeconds, remainingSeconds } = state;
  const percent = permille === undefined ? 'an unknown share' : `${percentText(permille)} %`;
  const left = remainingSeconds === undefined ? '' : `, ${remainingSeconds} s left`;
  const end =
    reversionSeconds === undefined || reversionSeconds === 0
      ? 'without an end'
      : `ends by itself ${reversionSeconds} s after it was set${left}`;
  return `limited to ${percent} of its rating, ${end} (SunSpec ${model})`;
}

function percentText(permille: number): string {
  return formatDecimal({ mantissa: permille, exponent: -1 });
}

function endText(seconds: number | null): string {
  return seconds === null ? 'until somebody ends it' : `until ${seconds} s have passed`;
}

function failure(fault: LineFault): TielineError {
  const hint = fault.kind === 'exception' ? 'nothing more was written' : fault.hint;
  return new TielineError(`control-${fault.kind}`, fault.detail, { retry: 'transient', hint });
}

function refused(message: string): TielineError {
  return new TielineError('control-refused', message, {
    hint: 'some devices obey only once remote control is switched on in them',
  });
}

function usage(message: string): TielineError {
  return new TielineError('usage', message, { hint: 'see `tieline control --help`' });
}
