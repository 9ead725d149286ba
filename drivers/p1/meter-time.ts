// SPDX-License-Identifier: Apache-2.0
// The local time that a P1 meter prints, `200426223325S`: S is summer time, W winter time. That letter
// alone tells the two hours apart that one night in October has twice.

const form = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([SW])$/;
const hourMs = 3_600_000;
const centuryStart = 2000;

/** Milliseconds on a clock that summer time does not turn, for differences; undefined for any other
 * form, and for a time that no calendar has. */
export function meterTimeMs(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(centuryStart + year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  const sound = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24;
  if (!sound || minute > 59 || second > 59) return undefined;
  return match[7] === 'S' ? ms - hourMs : ms;
}
