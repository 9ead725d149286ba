// SPDX-License-Identifier: Apache-2.0
// What a fleet is: how many chains of what size, and which of them sends what when. A run lasts one
// window: each chain anchors at its own second of every interval, and sends the summaries of the
// window before along with one of its anchors. Nothing is random: the same plan, the same fleet.

export type FleetPlan = {
  /** Of all keys and values. */
  readonly seed: string;
  readonly chains: number;
  readonly members: number;
  readonly devices: number;
  readonly registers: number;
  readonly intervalSeconds: number;
  readonly windowSeconds: number;
};

/** 2026-01-01T00:00:00Z by the clocks of the fleet: the end of a window, and the start of the run. */
export const fleetStartMs = 1_767_225_600_000;

/** Blocks that each chain has when the run starts: a day of them, one a second. */
export const fleetAge = 86_400;

/** Anchors of each chain in a run. */
export function roundsOf({ windowSeconds, intervalSeconds }: FleetPlan): number {
  return Math.max(1, Math.floor(windowSeconds / intervalSeconds));
}

/** When a chain sends its anchor, ms after the beginning of a round. */
export function offsetMs({ chains, intervalSeconds }: FleetPlan, index: number): number {
  return Math.floor((index / chains) * intervalSeconds * 1_000);
}

/** Second of the run up to which the anchor of a round reaches: it has at least one block. */
export function secondOf(plan: FleetPlan, index: number, round: number): number {
  return round * plan.intervalSeconds + Math.floor(offsetMs(plan, index) / 1_000) + 1;
}

/** Whether the chain's summaries go up along with its anchor of this round. */
export function sendsSummaries(plan: FleetPlan, index: number, round: number): boolean {
  return index % roundsOf(plan) === round;
}
