// SPDX-License-Identifier: Apache-2.0
// Enters data by hand with a person's key, beside a gateway of the chain which runs on this machine: asks
// for the person's next number, signs, hands in, and says what became of it.

import { fromHex, toHex } from '../base/bytes.ts';
import { parseDecimal, safeInteger } from '../base/decimal.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { formatObis, parseObis } from '../base/obis.ts';
import { readKeyFile } from '../host/key-file.ts';
import {
  checkManualEntry,
  type ManualEntry,
  type ManualValue,
  signManualEntry,
} from '../sidechain/chain/manual-entry.ts';
import { askManualEntries, askStatus, postManualEntry } from './ask-gateway.ts';
import type { GatewayConfig } from './config.ts';
import { settledHeight } from './submit-entry.ts';

export type Entered = {
  readonly height: number;
  readonly sequence: number;
  readonly person: string;
  readonly keyId: string;
};

/** What each refusal of a block means, and what to do. */
const reasons: Readonly<Record<string, string>> = {
  replay: 'this person has entered something else meanwhile: run the command again',
  skip: 'an entry of this person is on its way: run the command again in a moment',
  right: 'the genesis gives this person no right to enter data',
  malformed:
    'a gateway of the chain runs a version that knows no manual entries: bring all up to date',
};

const waitingHint =
  'do not enter it again: it is ordered as soon as a majority of the voters is there, see ' +
  '`tieline status`';

/**
 * @throws TielineError `no-operator`, `manual-entry`, `entry-refused` with the reason and the fix,
 * `entry-waiting` (transient), `gateway-api`, and as reading the key.
 */
export async function enterManually(
  config: Pick<GatewayConfig, 'http'>,
  keyPath: string,
  given: Omit<ManualEntry, 'sequence'>,
): Promise<Entered> {
  const signer = await readKeyFile(keyPath);
  const [status, { persons }] = await Promise.all([askStatus(config), askManualEntries(config)]);
  const keyId = toHex(signer.keyId);
  const person = persons.find((one) => one.keyId === keyId);
  if (person === undefined) {
    const names = persons.map((one) => `${one.name} (${one.keyId})`).join(', ');
    throw new TielineError('no-operator', `key ${keyId} may not enter data on this chain`, {
      hint:
        names === ''
          ? 'its genesis names nobody who may: `tieline init --operator` begins a chain that does'
          : `these may: ${names}`,
    });
  }
  const sequence = person.sequence + 1;
  const entry = { ...given, sequence };
  const checked = checkManualEntry(entry);
  if (!checked.ok) throw new TielineError('manual-entry', `no entry: ${checked.detail}`);
  const signed = signManualEntry(entry, fromHex(status.chain) ?? new Uint8Array(), signer);
  const outcome = await postManualEntry(config, toHex(signed));
  const height = settledHeight(outcome, {
    ...{ code: 'entry', what: 'the entry', waitingHint, reasons },
  });
  return { height, sequence, person: person.name, keyId };
}

/** `1-0:1.8.0=12345.6kWh`: exact, all digits are kept. @throws TielineError `manual-value` */
export function manualValueOf(text: string): ManualValue {
  const [, name = '', digits = '', unit = ''] =
    /^([^=]+)=(-?\d+(?:\.\d+)?) ?((?!e[-+]?\d)[\p{L}%°][^\s,]*)?$/iu.exec(text) ?? [];
  const no = (why: string): TielineError =>
    new TielineError('manual-value', `\`${text}\` is no value: ${why}`, {
      hint: 'NAME=NUMBERUNIT, e.g. 1-0:1.8.0=12345.6kWh or oil-level=74%',
    });
  const decimal = parseDecimal(digits);
  if (decimal === undefined) throw no('there is no plain decimal number behind a name and a `=`');
  const mantissa = safeInteger(decimal.mantissa);
  if (mantissa === undefined || -decimal.exponent > limits.valueExponentMax) {
    throw no('its number has too many digits');
  }
  const obis = parseObis(name);
  if (obis === undefined && /^\d+-\d+:/.test(name)) throw no(`${name} is no OBIS code`);
  return [obis === undefined ? name : formatObis(obis), mantissa, decimal.exponent, unit];
}
