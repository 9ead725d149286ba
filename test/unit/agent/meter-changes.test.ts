// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { meterChanges } from '../../../agent/meter-changes.ts';
import type { LineConfig, MeterConfig } from '../../../agent/meter-config.ts';

function line(name: string, tcp = '192.0.2.1:502'): LineConfig {
  return { name, timeoutMs: 1_000, deviceGapMs: 0, tcp };
}

function meter(name: string, on: string, periodMs = 1_000): MeterConfig {
  return { name, meter: 'eastron-sdm630', line: on, unit: 1, periodMs, periods: [] };
}

const before = {
  lines: [line('hall'), line('roof')],
  meters: [meter('main', 'hall'), meter('sub', 'hall'), meter('sun', 'roof')],
};

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('another configuration', () => {
  it('changes nothing where it says the same', () => {
    expect(meterChanges(before, structuredClone(before))).toEqual({
      closedLines: [],
      openedLines: [],
      stoppedMeters: [],
      startedMeters: [],
    });
  });

  it('restarts one meter alone where its section is another', () => {
    const meters = [meter('main', 'hall'), meter('sub', 'hall', 5_000), meter('sun', 'roof')];
    const changes = meterChanges(before, { ...before, meters });
    expect(names(changes.stoppedMeters)).toEqual(['sub']);
    expect(names(changes.startedMeters)).toEqual(['sub']);
    expect(changes.openedLines).toEqual([]);
  });

  it('restarts a line with all its meters where the line is another', () => {
    const lines = [line('hall', '192.0.2.9:502'), line('roof')];
    const changes = meterChanges(before, { ...before, lines });
    expect(changes.closedLines).toEqual(['hall']);
    expect(names(changes.openedLines)).toEqual(['hall']);
    expect(names(changes.startedMeters)).toEqual(['main', 'sub']);
    expect(changes.stoppedMeters, 'they end with their line').toEqual([]);
  });

  it('moves a meter to another line', () => {
    const meters = [meter('main', 'roof'), meter('sub', 'hall'), meter('sun', 'roof')];
    const changes = meterChanges(before, { ...before, meters });
    expect(changes.stoppedMeters).toEqual([meter('main', 'hall')]);
    expect(changes.startedMeters).toEqual([meter('main', 'roof')]);
  });
});
