// SPDX-License-Identifier: Apache-2.0
// OBIS codes (IEC 62056-61) name every register of every meter, whatever protocol it speaks.
// Signed data holds the one canonical form `A-B:C.D.E*F`, e.g. `1-0:1.8.0*255`; meters also print
// it without `*F`.

/** Value groups A to F: medium, channel, quantity, processing, tariff, historical value (255 =
 * current). */
export type Obis = {
  readonly medium: number;
  readonly channel: number;
  readonly quantity: number;
  readonly processing: number;
  readonly tariff: number;
  readonly history: number;
};

const form = /^(\d{1,2})-(\d{1,3}):(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\*(\d{1,3}))?$/;
const mediumMax = 15;
const groupMax = 255;
const currentValue = 255;
const timeIntegral = 8;

/** Reads `A-B:C.D.E` and `A-B:C.D.E*F`; undefined for any other form and for groups out of range.
 * */
export function parseObis(text: string): Obis | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [medium, channel, quantity, processing, tariff, history] = match
    .slice(1)
    .map((group) => (group === undefined ? currentValue : Number(group)));
  const obis = { medium, channel, quantity, processing, tariff, history } as Obis;
  if (obis.medium > mediumMax || Object.values(obis).some((group) => group > groupMax)) {
    return undefined;
  }
  return obis;
}

/** The canonical form, always with `*F`. */
export function formatObis(obis: Obis): string {
  const { medium, channel, quantity, processing, tariff, history } = obis;
  return `${medium}-${channel}:${quantity}.${processing}.${tariff}*${history}`;
}

/** Whether this is an OBIS code in its canonical form: all six groups, no leading zeros. */
export function isObis(text: string): boolean {
  const obis = parseObis(text);
  return obis !== undefined && formatObis(obis) === text;
}

/** Whether the register counts for ever (D = 8, "time integral 1": energy since it was made). */
export function isCounter(obis: Obis): boolean {
  return obis.processing === timeIntegral;
}
