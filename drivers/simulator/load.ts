// SPDX-License-Identifier: Apache-2.0
// The load behind a simulated meter: a house with appliances that switch and a roof that feeds in.
// Pure: the same seed and the same instants give the same values. Invariant: on each phase P =
// U·I·PF, the total is the sum of the phases, Q² = S² − P², and the counters are the integral of
// the total's two signs.

export type PhaseLoad = {
  readonly voltage: number;
  readonly current: number;
  /** Signed as the power is: negative while feeding in. */
  readonly powerFactor: number;
  /** W, var */
  readonly activePower: number;
  readonly reactivePower: number;
};

export type Load = {
  readonly seed: number;
  readonly timeMs: number;
  readonly phases: readonly PhaseLoad[];
  /** W, var */
  readonly activePower: number;
  readonly reactivePower: number;
  readonly powerFactor: number;
  /** Hz */
  readonly frequency: number;
  /** Wh */
  readonly importEnergy: number;
  readonly exportEnergy: number;
};

const stepMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export type LoadSettings = {
  readonly seed: number;
  readonly phaseCount: 1 | 3;
  readonly timeMs: number;
};

export function startLoad({ seed, phaseCount, timeMs }: LoadSettings): Load {
  const energy = {
    importEnergy: 1_000 * Math.floor(12_000 * noise(seed, 1, 0)),
    exportEnergy: 1_000 * Math.floor(4_000 * noise(seed, 2, 0)),
  };
  return at({ seed, phaseCount, timeMs }, energy);
}

/** The load at a later instant; an earlier one changes nothing: counters do not run back. */
export function advanceLoad(load: Load, timeMs: number): Load {
  let current = load;
  const phaseCount = load.phases.length === 1 ? 1 : 3;
  while (current.timeMs < timeMs) {
    const nextMs = Math.min(timeMs, (Math.floor(current.timeMs / stepMs) + 1) * stepMs);
    const next = at({ seed: load.seed, phaseCount, timeMs: nextMs }, current);
    current = { ...next, ...integrated(current, next) };
  }
  return current;
}

type Energy = Pick<Load, 'importEnergy' | 'exportEnergy'>;

/** Trapezoids; over a step that changes sign the mean alone counts, as in a meter's interval. */
function integrated(from: Load, to: Load): Energy {
  const hours = (to.timeMs - from.timeMs) / hourMs;
  const energy = ((from.activePower + to.activePower) / 2) * hours;
  return {
    importEnergy: from.importEnergy + Math.max(energy, 0),
    exportEnergy: from.exportEnergy + Math.max(-energy, 0),
  };
}

function at({ seed, phaseCount, timeMs }: LoadSettings, energy: Energy): Load {
  const phases = Array.from({ length: phaseCount }, (_, phase) => phaseAt(seed, phase, timeMs));
  const activePower = sum(phases.map((phase) => phase.activePower));
  const reactivePower = sum(phases.map((phase) => phase.reactivePower));
  return {
    seed,
    timeMs,
    phases,
    activePower,
    reactivePower,
    powerFactor: activePower / Math.hypot(activePower, reactivePower),
    frequency: 50 + 0.04 * wave(timeMs, 97_000, seed) + 0.01 * jitter(seed, 9, timeMs),
    ...pick(energy),
  };
}

function phaseAt(seed: number, phase: number, timeMs: number): PhaseLoad {
  const stream = 16 * (phase + 1);
  const demand = demandAt(seed, stream, timeMs);
  const net = demand - generationAt(seed, stream, timeMs);
  const magnitude = 0.86 + 0.12 * noise(seed, stream + 1, Math.floor(timeMs / 60_000));
  // The grid sags under load and rises under feed-in.
  const voltage = 231 - net / 1_500 + 1.2 * wave(timeMs, 300_000, seed + phase);
  const current = Math.max(Math.abs(net), 4) / (voltage * magnitude);
  const powerFactor = net < 0 ? -magnitude : magnitude;
  const apparentPower = voltage * current;
  return {
    voltage,
    current,
    powerFactor,
    activePower: apparentPower * powerFactor,
    reactivePower: apparentPower * Math.sqrt(1 - powerFactor * powerFactor),
  };
}

/** Standby, a refrigerator, and appliances that are on or off for a whole minute, W. */
function demandAt(seed: number, stream: number, timeMs: number): number {
  const minute = Math.floor(timeMs / 60_000);
  const refrigerator = wave(timeMs, 1_500_000, seed + stream) > 0 ? 110 : 0;
  const appliance = noise(seed, stream + 2, minute);
  const running = appliance > 0.75 ? 400 + 6_000 * (appliance - 0.75) : 0;
  return 120 + refrigerator + running + 8 * jitter(seed, stream + 3, timeMs);
}

/** A roof: a bell over the day with clouds, W. */
function generationAt(seed: number, stream: number, timeMs: number): number {
  const height = -Math.cos((2 * Math.PI * (timeMs % dayMs)) / dayMs);
  if (height <= 0) return 0;
  const clouds = 0.6 + 0.4 * wave(timeMs, 240_000, seed + stream);
  return 900 * height * clouds;
}

function wave(timeMs: number, periodMs: number, phase: number): number {
  return Math.sin((2 * Math.PI * (timeMs % periodMs)) / periodMs + phase);
}

/** −1 to 1, another each second. */
function jitter(seed: number, stream: number, timeMs: number): number {
  return 2 * noise(seed, stream, Math.floor(timeMs / stepMs)) - 1;
}

/** 0 to 1, from integers alone (the finaliser of MurmurHash3). */
function noise(seed: number, stream: number, index: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b) ^ (index | 0);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function pick({ importEnergy, exportEnergy }: Energy): Energy {
  return { importEnergy, exportEnergy };
}
