// SPDX-License-Identifier: Apache-2.0
// A scan of Modbus TCP endpoints: what is found there, how sure, and what is said of the rest.

import { afterEach, describe, expect, it } from 'vitest';
import { iec6205621 } from '../../../../drivers/iec62056-21/iec62056-meter.ts';
import { findMeter } from '../../../../drivers/index.ts';
import { dsmrP1 } from '../../../../drivers/p1/p1-meter.ts';
import { chosen } from '../../../../drivers/scan/identify.ts';
import { type ScanEvent, scan } from '../../../../drivers/scan/scan.ts';
import { type ScanStep, serialSteps, tcpSteps } from '../../../../drivers/scan/steps.ts';
import {
  type SimulatedMeter,
  startSimulatedMeter,
} from '../../../../drivers/simulator/simulate.ts';
import type { Transport } from '../../../../drivers/transport.ts';

const started: SimulatedMeter[] = [];
afterEach(async () => {
  for (const meter of started.splice(0)) await meter.close();
});

async function simulated(id: string, unit: number): Promise<number> {
  const definition = findMeter(id);
  if (definition === undefined) throw new Error(`${id} is in the catalogue`);
  const transport = { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 } as const;
  const meter = await startSimulatedMeter({
    definition,
    unit,
    transport,
    seed: 3,
    nowMs: Date.now,
  });
  started.push(meter);
  return meter.transport.kind === 'modbus-tcp' ? meter.transport.port : 0;
}

async function sealedPort(): Promise<Transport> {
  const meter = await startSimulatedMeter({
    definition: dsmrP1,
    unit: 1,
    transport: { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 },
    key: [new Uint8Array(16)],
    seed: 3,
    nowMs: Date.now,
  });
  started.push(meter);
  return meter.transport;
}

async function eventsAt(port: number, to: number): Promise<readonly ScanEvent[]> {
  const events: ScanEvent[] = [];
  const options = { timeoutMs: 60, all: false, ending: new AbortController().signal };
  const steps = tcpSteps({ host: '127.0.0.1', port }, { from: 1, to });
  for await (const event of scan(steps, options)) events.push(event);
  return events;
}

describe('a scan', () => {
  it.each(['eastron-sdm630', 'chint-ddsu666', 'acrel-adl400-primary'])(
    'knows a %s by its physics',
    async (id) => {
      const events = await eventsAt(await simulated(id, 3), 3);
      const found = events.flatMap((event) => (event.kind === 'found' ? [event.meter] : []));
      expect(found).toMatchObject([{ meter: id, unit: 3 }]);
      expect(['likely', 'possible']).toContain(found[0]?.confidence);
      expect(found[0]?.reasons.join()).toMatch(/voltage L1 2\d\d\.\d V/);
    },
  );

  it.each([
    ['abb-b23', 'its register 0x8960 says B21'],
    ['carlo-gavazzi-em340', 'its register 0xb says EM24DINAV23XE1X'],
  ])('knows a %s by its model register', async (id, reason) => {
    const events = await eventsAt(await simulated(id, 3), 3);
    const found = events.flatMap((event) => (event.kind === 'found' ? [event.meter] : []));
    expect(found).toMatchObject([{ meter: id, confidence: 'certain', reasons: [reason] }]);
  });

  it('tells how far it is, and how long it takes from there', async () => {
    const events = await eventsAt(await simulated('eastron-sdm120', 2), 3);
    const progress = events.flatMap((event) => (event.kind === 'progress' ? [event] : []));
    expect(progress[0]).toMatchObject({ doneCount: 0, stepCount: 5, leftMs: undefined });
    expect(progress[1]).toMatchObject({ doneCount: 1, leftMs: expect.any(Number) });
  });

  it('knows an encrypted P1 port, and that it needs a key', async () => {
    const step: ScanStep = { kind: 'protocol', transport: await sealedPort(), meters: [dsmrP1] };
    const options = { timeoutMs: 60, all: false, ending: new AbortController().signal };
    const events: ScanEvent[] = [];
    // It has its line alone: nothing else is tried.
    const other: ScanStep = { ...step, meters: [iec6205621] };
    const units: ScanStep = { kind: 'units', transport: step.transport, units: [1, 2] };
    for await (const event of scan([step, other, units], options)) events.push(event);
    const reasons = ['it speaks p1, encrypted: give its keys as `keyFile`'];
    const meter = { meter: 'dsmr-p1', confidence: 'certain', reasons, unit: undefined };
    expect(events.at(-1)).toMatchObject({ kind: 'found', meter });
  });

  it('ends with the reason where the endpoint takes no calls', async () => {
    const events = await eventsAt(1, 3);
    expect(events.at(-1)).toMatchObject({ kind: 'closed', fault: { kind: 'closed' } });
  });

  it('ends when it is told to', async () => {
    const ending = AbortSignal.abort();
    const steps = tcpSteps({ host: '127.0.0.1', port: 1 }, { from: 1, to: 247 });
    for await (const event of scan(steps, { timeoutMs: 60, all: false, ending })) {
      expect.unreachable(`nothing is asked, but ${event.kind}`);
    }
  });
});

describe('what is tried on a tty', () => {
  const steps = serialSteps('/dev/ttyUSB0', { from: 1, to: 32 });

  it('begins with what makers deliver, and tries every protocol of the catalogue', () => {
    expect(steps[0]).toMatchObject({ kind: 'units', transport: { baudRate: 9_600 } });
    const protocols = steps.flatMap((step) => (step.kind === 'protocol' ? step.meters : []));
    expect(protocols.map(({ protocol }) => protocol)).toContain('dlt645');
  });

  it('tries each setting once', () => {
    const settings = steps.map(({ kind, transport }) => JSON.stringify([kind, transport]));
    expect(new Set(settings).size).toBe(settings.length);
  });
});

describe('the map that is chosen', () => {
  const fit = { points: 9, reasons: [], isProven: true, emptyCount: 0 };

  it('is the one that explains most', () => {
    const candidates = [
      { id: 'small', points: 9, fit },
      { id: 'large', points: 20, fit },
    ];
    expect(chosen(candidates, [])).toMatchObject({ meter: 'large', confidence: 'likely' });
  });

  it('is only possible beside another that explains as much', () => {
    const candidates = [
      { id: 'one', points: 9, fit },
      { id: 'other', points: 9, fit },
    ];
    const identity = chosen(candidates, []);
    expect(identity).toMatchObject({ confidence: 'possible', alternatives: ['other'] });
  });

  it('is the one that finds less empty, of two that explain as much', () => {
    const candidates = [
      { id: 'three-phase', points: 9, fit: { ...fit, emptyCount: 6 } },
      { id: 'one-phase', points: 9, fit },
    ];
    const identity = chosen(candidates, []);
    expect(identity).toMatchObject({ meter: 'one-phase', alternatives: ['three-phase'] });
  });

  it('is none where none fits, with what speaks against each', () => {
    const identity = chosen([], ['one: no grid has such a frequency']);
    expect(identity).toMatchObject({ meter: undefined, confidence: 'unknown' });
    expect(identity.reasons).toEqual(['one: no grid has such a frequency']);
  });
});
