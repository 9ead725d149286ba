// SPDX-License-Identifier: Apache-2.0
// Looks for meters on a line whose settings nobody knows. It only reads, asks with the lowest
// priority, and says how long it will still take. Once units answer at one speed, other speeds of
// the same protocol are left out: a bus has one.

import { limits } from '../../base/limits.ts';
import { pause } from '../bus/deadline.ts';
import { monotonicMs } from '../bus/monotonic.ts';
import { findDevice } from '../find-device.ts';
import type { LineFault } from '../line.ts';
import { type ProtocolMeter, speaksByItself } from '../protocol-meter.ts';
import { openLine, type SharedLine, type Transport } from '../transport.ts';
import { fitOf } from './evidence.ts';
import { type Identity, identify } from './identify.ts';
import { type Overheard, overheard, type Piece } from './overheard.ts';
import { presenceAt } from './presence.ts';
import type { ScanStep } from './steps.ts';

export type FoundMeter = Identity & {
  readonly transport: Transport;
  /** Modbus unit number; undefined for other protocols. */
  readonly unit: number | undefined;
};

export type ScanEvent =
  | {
      readonly kind: 'progress';
      /** What is asked now, for people. */
      readonly text: string;
      readonly doneCount: number;
      readonly stepCount: number;
      /** Of what is left, at the pace so far; undefined at the start. */
      readonly leftMs: number | undefined;
    }
  | { readonly kind: 'found'; readonly meter: FoundMeter }
  /** Somebody spoke before anything was asked. With noise the scan ends. */
  | { readonly kind: 'overheard'; readonly transport: Transport; readonly what: Overheard }
  /** Something answers that makes no sense: two units of one number, or another speed. */
  | { readonly kind: 'garbled'; readonly transport: Transport; readonly unit: number }
  /** The line cannot be opened: the scan ends. */
  | { readonly kind: 'closed'; readonly fault: LineFault };

export type ScanOptions = {
  /** How long a unit may take to answer whether it is there. */
  readonly timeoutMs: number;
  /** Other speeds, too, once some were found at one. */
  readonly all: boolean;
  readonly ending: AbortSignal;
};

/** Where so many first units all answer, they are one device. */
const anyUnitAfter = 8;

/** What is asked of a unit that is there is waited for as long as meters may take. */
const identifyTimeoutMs = 1_000;

export async function* scan(
  steps: readonly ScanStep[],
  options: ScanOptions,
): AsyncGenerator<ScanEvent, undefined> {
  const pace = new Pace(steps);
  let isKnown = false;
  let isAlone = false;
  const [first] = steps;
  if (first?.transport.kind === 'modbus-rtu') {
    yield pace.progress(`listening at ${placeText(first.transport)}`);
    const what = await listenAt(first.transport);
    if (what !== undefined) yield { kind: 'overheard', transport: first.transport, what };
    if (what?.kind === 'noise') return undefined;
  }
  for (const step of steps) {
    if (options.ending.aborted) return undefined;
    // What speaks by itself has its line alone.
    if ((isAlone || (isKnown && step.kind === 'units')) && !options.all) {
      pace.skip(sizeOf(step));
      continue;
    }
    if (step.kind === 'protocol') {
      yield pace.progress(`${step.meters[0]?.protocol ?? ''} at ${placeText(step.transport)}`);
      const found = await findByProtocol(step);
      if (found !== undefined) yield { kind: 'found', meter: found };
      isAlone ||= found !== undefined && step.meters.every(speaksByItself);
      pace.done(sizeOf(step));
      continue;
    }
    for await (const event of scanUnits(step, options, pace)) {
      isKnown ||= event.kind === 'found';
      yield event;
      if (event.kind === 'closed') return undefined;
    }
  }
  return undefined;
}

// What lay in a buffer since before the line was opened comes at once, and is of then.
const staleMs = 100;

/** Before anything is asked; a line that cannot be opened is silent. */
async function listenAt(transport: Transport): Promise<Overheard | undefined> {
  const line = openLine(transport);
  const startMs = monotonicMs();
  const pieces: Piece[] = [];
  let byteCount = 0;
  const stop = line.bytes?.listen({
    bytes: (bytes) => {
      if (monotonicMs() - startMs < staleMs) return;
      byteCount += bytes.length;
      if (byteCount <= limits.scanHeardBytesMax) pieces.push({ atMs: monotonicMs(), bytes });
    },
    lost: () => undefined,
  });
  await pause(staleMs + limits.scanListenMs);
  stop?.();
  await line.close();
  // What was not kept any more came without a pause.
  const isFull = byteCount > limits.scanHeardBytesMax;
  const endMs = isFull ? (pieces.at(-1)?.atMs ?? startMs) : monotonicMs();
  return overheard({ startMs: pieces[0]?.atMs ?? startMs, endMs, pieces });
}

/** What is asked in it. */
function sizeOf(step: ScanStep): number {
  return step.kind === 'units' ? step.units.length : 1;
}

/** How far it is, and how long it takes from here. */
class Pace {
  readonly #startedMs = monotonicMs();
  #count: number;
  #done = 0;

  constructor(steps: readonly ScanStep[]) {
    this.#count = steps.reduce((count, step) => count + sizeOf(step), 0);
  }

  done(count: number): void {
    this.#done += count;
  }

  skip(count: number): void {
    this.#count -= count;
  }

  progress(text: string): ScanEvent & { kind: 'progress' } {
    const elapsedMs = monotonicMs() - this.#startedMs;
    const leftMs =
      this.#done === 0 ? undefined : (elapsedMs / this.#done) * (this.#count - this.#done);
    return { kind: 'progress', text, doneCount: this.#done, stepCount: this.#count, leftMs };
  }
}

async function* scanUnits(
  { transport, units }: ScanStep & { kind: 'units' },
  { timeoutMs, ending }: ScanOptions,
  pace: Pace,
): AsyncGenerator<ScanEvent, undefined> {
  const present: number[] = [];
  const line = openLine(transport, { timeoutMs });
  try {
    for (const unit of units) {
      if (ending.aborted) break;
      yield pace.progress(`unit ${unit} at ${placeText(transport)}`);
      const presence = await presenceAt(line.registers, unit);
      pace.done(1);
      if (presence === 'closed') {
        yield { kind: 'closed', fault: await closedFault(line, unit) };
        return undefined;
      }
      if (presence === 'garbled') yield { kind: 'garbled', transport, unit };
      if (presence === 'answers') present.push(unit);
      // An endpoint without a bus behind it may not care for the number at all.
      if (present.length >= anyUnitAfter && present.length === units.indexOf(unit) + 1) {
        present.length = 1;
        pace.skip(units.length - anyUnitAfter);
        break;
      }
    }
  } finally {
    await line.close();
  }
  yield* identifyAll(transport, present, ending);
  return undefined;
}

async function* identifyAll(
  transport: Transport,
  units: readonly number[],
  ending: AbortSignal,
): AsyncGenerator<ScanEvent, undefined> {
  if (units.length === 0) return undefined;
  const line = openLine(transport, { timeoutMs: identifyTimeoutMs });
  try {
    for (const unit of units) {
      if (ending.aborted) break;
      yield { kind: 'found', meter: { ...(await identify(line, unit)), transport, unit } };
    }
  } finally {
    await line.close();
  }
  return undefined;
}

async function closedFault(line: SharedLine, unit: number): Promise<LineFault> {
  const question = { unit, functionCode: 3, address: 0, count: 1 } as const;
  const answer = await line.registers.request(question, { priority: 'scan' });
  return answer.ok ? { kind: 'closed', detail: 'the line was lost' } : answer.fault;
}

/** The first kind of meter of the protocol whose reading makes sense. */
async function findByProtocol({
  transport,
  meters,
}: ScanStep & { kind: 'protocol' }): Promise<FoundMeter | undefined> {
  const line = openLine(transport, { timeoutMs: identifyTimeoutMs });
  try {
    for (const meter of meters) {
      const found = await findDevice(meter.id, { line, unit: 1 });
      if (!found.ok) return found.fault.needsKey ? encryptedMeter(meter, transport) : undefined;
      const { device } = found;
      const { values, faults } = await device.read({ priority: 'scan', patient: true });
      if (faults.length > 0 && values.every(({ mantissa }) => mantissa === null)) continue;
      const { reasons } = fitOf(device.values, values);
      const said = [`it speaks the protocol: ${device.request}`, ...reasons];
      const about = { meter: meter.id, confidence: 'certain', alternatives: [] } as const;
      return { ...about, reasons: said, transport, unit: undefined };
    }
    return undefined;
  } finally {
    await line.close();
  }
}

function encryptedMeter({ id: meter, protocol }: ProtocolMeter, transport: Transport): FoundMeter {
  const reasons = [`it speaks ${protocol}, encrypted: give its keys as \`keyFile\``];
  return { meter, confidence: 'certain', reasons, alternatives: [], transport, unit: undefined };
}

export function placeText(transport: Transport): string {
  if (transport.kind !== 'modbus-rtu') return `${transport.host}:${transport.port}`;
  const { path, baudRate, parity, dataBits, stopBits } = transport;
  return `${path} ${baudRate} ${dataBits}${parity.slice(0, 1).toUpperCase()}${stopBits}`;
}
