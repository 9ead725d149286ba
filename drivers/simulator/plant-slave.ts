// SPDX-License-Identifier: Apache-2.0
// The simulated SunSpec device as a slave: its output follows the house, its registers its output.

import { limits } from '../../base/limits.ts';
import { illegalDataAddress, illegalDataValue } from '../modbus/exception.ts';
import { advanceLoad, type Load, startLoad } from './load.ts';
import { PlantControls } from './plant-controls.ts';
import { tripModels } from './plant-trips.ts';
import { answerPdu } from './slave.ts';
import { type Output, plantModels } from './sunspec-plant.ts';
import { type SunspecModel, sunspecRegisters } from './sunspec-registers.ts';
import { answerCoils, parseWrite } from './write-requests.ts';

const hourMs = 3_600_000;
const settings = { functionCode: 3, registersPerReadMax: limits.modbusRegistersMax } as const;
/** W */
const rating = 3_000;

export type PlantSettings = {
  /** Of its first register, by default 40000. */
  readonly address?: number | undefined;
  /** The one model that limits it: 123 or 704; by default it has both. */
  readonly limitModel?: number | undefined;
};

export class PlantSlave {
  #load: Load;
  #output: Output;
  readonly #address: number;
  readonly #controls: PlantControls;

  constructor({
    seed,
    timeMs,
    address = 40_000,
    limitModel,
  }: PlantSettings & { readonly seed: number; readonly timeMs: number }) {
    this.#address = address;
    this.#controls = new PlantControls(limitModel);
    this.#load = startLoad({ seed, phaseCount: 3, timeMs });
    this.#output = { power: this.#given(), energy: this.#load.exportEnergy };
  }

  /** The PDU that answers a request at an instant, Unix time. */
  answer(request: Uint8Array, timeMs: number): Uint8Array {
    this.#advance(timeMs);
    const ofInverter = [...this.#controls.models(), ...tripModels];
    const models = plantModels(this.#load, this.#output, ofInverter);
    const [functionCode] = request;
    if (functionCode === 6 || functionCode === 16) return this.#write(request, models, timeMs);
    if (functionCode === 1 || functionCode === 15)
      return answerCoils(request, this.#controls.coils);
    return answerPdu(request, sunspecRegisters(this.#address, models), settings);
  }

  #write(request: Uint8Array, models: readonly SunspecModel[], timeMs: number): Uint8Array {
    const refusal = (code: number) => Uint8Array.of((request[0] ?? 0) | 0x80, code);
    const write = parseWrite(request);
    if (write === undefined) return refusal(illegalDataValue);
    let address = this.#address + 2;
    for (const { id, length } of models) {
      const offset = write.address - address;
      if (offset >= 2 && offset < 2 + length) {
        const done = this.#controls.write(id, { offset, words: write.words, timeMs });
        return done ? request.slice(0, 5) : refusal(illegalDataAddress);
      }
      address += 2 + length;
    }
    return refusal(illegalDataAddress);
  }

  #advance(timeMs: number): void {
    const { timeMs: fromMs } = this.#load;
    this.#load = advanceLoad(this.#load, timeMs);
    this.#controls.advance(timeMs);
    const hours = (this.#load.timeMs - fromMs) / hourMs;
    const energy = this.#output.energy + this.#output.power * hours;
    this.#output = { power: this.#given(), energy };
  }

  /** What the house has left over, as far as the limits let it. */
  #given(): number {
    return Math.min(Math.max(0, -this.#load.activePower), this.#controls.share() * rating);
  }
}
