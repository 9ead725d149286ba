// SPDX-License-Identifier: Apache-2.0
// The SunSpec models whose points Tieline knows, by id. Others are stepped over (decision 034).

import { type Model, modelsOf } from './model-definition.ts';
import { batteries } from './models/batteries.ts';

import { controls } from './models/controls.ts';
import { distributedEnergy } from './models/distributed-energy.ts';
import { inverters } from './models/inverters.ts';
import { meters } from './models/meters.ts';
import { nameplates } from './models/nameplates.ts';

const rows = [nameplates, inverters, controls, meters, distributedEnergy, batteries].flat();

const models: ReadonlyMap<number, Model> = new Map(
  rows.flatMap(modelsOf).map((model) => [model.id, model]),
);

/** undefined for one whose points we do not know. */
export function findModel(id: number): Model | undefined {
  return models.get(id);
}

/** All that are known. */
export function modelIds(): readonly number[] {
  return [...models.keys()];
}
