// SPDX-License-Identifier: Apache-2.0
// What the faults of all meters on one line have in common. One silent meter is a meter; a silent
// line is its wires, its speed or its supply.

import type { LineFault } from '../../drivers/line.ts';
import { echoed } from '../../drivers/modbus/rtu-frame.ts';
import type { Finding } from './finding.ts';

/** What came of asking one meter: so many times, with a fault or none each. */
export type Asked = {
  readonly meter: string;
  /** Of each time it answered, in milliseconds. */
  readonly latenciesMs: readonly number[];
  readonly faults: readonly LineFault[];
};

/** What is said of the line as a whole; nothing where nothing is common. */
export function lineSigns(
  line: { readonly name: string; readonly isSerial: boolean },
  meters: readonly Asked[],
): readonly Finding[] {
  const faults = meters.flatMap((one) => one.faults);
  const answers = meters.reduce((count, one) => count + one.latenciesMs.length, 0);
  const bad = (what: string, advice: string): readonly Finding[] => [
    { area: 'meters', state: 'bad', what: `line ${line.name}: ${what}`, advice },
  ];
  const [first] = faults;
  if (first === undefined) return [];
  if (faults.some(({ detail }) => detail.includes(echoed))) {
    const advice = 'switch off the echo of the adapter: a jumper, or two wires instead of four';
    return bad('the adapter hears what it says itself', advice);
  }
  const unopened = faults.find(({ kind }) => kind === 'closed');
  if (answers === 0 && unopened !== undefined) {
    return bad(unopened.detail, unopened.hint ?? 'see the findings about this port above');
  }
  if (!line.isSerial) return [];
  if (answers === 0 && faults.every(({ kind }) => kind === 'time-out')) {
    return bad('nobody answers', silentLineAdvice);
  }
  const damaged = faults.filter(
    ({ kind, needsKey }) => (kind === 'crc' || kind === 'malformed') && !needsKey,
  ).length;
  if (damaged === 0) return [];
  const asked = answers + faults.length;
  const what = `line ${line.name}: ${damaged} of ${asked} answers were damaged`;
  return [{ area: 'meters', state: 'attention', what, advice: damagedLineAdvice }];
}

/** What is said of one meter. */
export function meterSign({ meter, latenciesMs, faults }: Asked): Finding {
  const [fault] = faults;
  const asked = latenciesMs.length + faults.length;
  if (fault === undefined) {
    const slowest = Math.ceil(Math.max(...latenciesMs));
    const what = `${meter} answers, within ${slowest} ms`;
    return { area: 'meters', state: 'good', what };
  }
  const advice = fault.hint ?? 'check its unit number, its speed and parity, and its supply';
  const state = latenciesMs.length === 0 ? 'bad' : 'attention';
  const what = `${meter} failed ${faults.length} of ${asked} times: ${fault.detail}`;
  return { area: 'meters', state, what, advice };
}

const silentLineAdvice = [
  'in this order: are the meters powered; are A and B swapped (swap them, nothing breaks);',
  'speed and parity as the meter shows them; unit numbers; 120 ohm at both ends of the line',
].join('\n');

const damagedLineAdvice = [
  'two devices with one unit number; 120 ohm missing at an end, or too many of them;',
  'a long stub; the cable beside a motor or an inverter; try a lower speed',
].join('\n');
