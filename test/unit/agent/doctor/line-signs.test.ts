// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Asked, lineSigns, meterSign } from '../../../../agent/doctor/line-signs.ts';
import type { LineFault } from '../../../../drivers/line.ts';
import { echoed } from '../../../../drivers/modbus/rtu-frame.ts';

const bus = { name: 'cabinet', isSerial: true };
const silence: LineFault = { kind: 'time-out', detail: 'unit 1 did not answer', hint: 'look' };

function asked(faults: readonly LineFault[], latenciesMs: readonly number[] = []): Asked {
  return { meter: 'main', latenciesMs, faults };
}

describe('what the faults of a line have in common', () => {
  it('says nothing of a line without faults', () => {
    expect(lineSigns(bus, [asked([], [12])])).toEqual([]);
  });

  it('takes a serial line on which nobody answers for its wires', () => {
    const [finding] = lineSigns(bus, [asked([silence]), asked([silence, silence])]);
    expect(finding).toMatchObject({ state: 'bad', what: 'line cabinet: nobody answers' });
    expect(finding).toHaveProperty('advice', expect.stringContaining('A and B swapped'));
  });

  it('leaves one silent meter among others to itself', () => {
    expect(lineSigns(bus, [asked([silence]), asked([], [20])])).toEqual([]);
  });

  it('says nothing of wires where there are none', () => {
    expect(lineSigns({ name: 'net', isSerial: false }, [asked([silence])])).toEqual([]);
  });

  it('knows an adapter that echoes', () => {
    const fault: LineFault = { kind: 'malformed', detail: `an answer was thrown away: ${echoed}` };
    const [finding] = lineSigns(bus, [asked([fault])]);
    expect(finding).toHaveProperty('advice', expect.stringContaining('echo'));
  });

  it('counts answers that were damaged', () => {
    const fault: LineFault = { kind: 'crc', detail: 'its checksum is wrong' };
    const [finding] = lineSigns(bus, [asked([fault], [20, 21])]);
    expect(finding).toMatchObject({ state: 'attention' });
    expect(finding?.what).toBe('line cabinet: 1 of 3 answers were damaged');
  });

  it('names a line that cannot be opened, with what to do', () => {
    const fault: LineFault = { kind: 'closed', detail: 'no such port', hint: 'plug it in' };
    expect(lineSigns({ name: 'net', isSerial: false }, [asked([fault])])).toEqual([
      { area: 'meters', state: 'bad', what: 'line net: no such port', advice: 'plug it in' },
    ]);
  });
});

describe('what is said of one meter', () => {
  it.each([
    ['answers always', asked([], [3, 18.2]), 'good', 'main answers, within 19 ms'],
    ['fails sometimes', asked([silence], [3, 4]), 'attention', 'main failed 1 of 3 times'],
    ['fails always', asked([silence, silence]), 'bad', 'main failed 2 of 2 times'],
  ])('%s', (_, meter, state, what) => {
    const finding = meterSign(meter);
    expect(finding.state).toBe(state);
    expect(finding.what).toContain(what);
  });
});
