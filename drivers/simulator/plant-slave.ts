// SPDX-License-Identifier: Apache-2.0
// The simulated SunSpec device as a slave: its output follows the house, its registers its output.

import { limits } from '../../base/limits.ts';
import { advanceLoad, type Load, startLoad } from './load.ts';
import { answerPdu } from './slave.ts';
import { type Output, plantAddress, plantModels } from './sunspec-plant.ts';
import { sunspecRegisters } from './sunspec-registers.ts';

const hourMs = 3_600_000;
const settings = { functionCode: 3, registersPerReadMax: limits.modbusRegistersMax } as const;

export class PlantSlave {
  #load: Load;
  #output: Output;

  constructor({ seed, timeMs }: { readonly seed: number; readonly timeMs: number }) {
    this.#load = startLoad({ seed, phaseCount: 3, timeMs });
    this.#output = { power: givenBy(this.#load), energy: this.#load.exportEnergy };
  }

  /** The PDU that answers a request at an instant, Unix time. */
  answer(request: Uint8Array, timeMs: number): Uint8Array {
    this.#advance(timeMs);
    const models = plantModels(this.#load, this.#output);
    return answerPdu(request, sunspecRegisters(plantAddress, models), settings);
  }

  #advance(timeMs: number): void {
    const { timeMs: fromMs } = this.#load;
    this.#load = advanceLoad(this.#load, timeMs);
    const hours = (this.#load.timeMs - fromMs) / hourMs;
    const energy = this.#output.energy + this.#output.power * hours;
    this.#output = { power: givenBy(this.#load), energy };
  }
}

/** What the house has left over. */
function givenBy({ activePower }: Load): number {
  return Math.max(0, -activePower);
}
