// SPDX-License-Identifier: Apache-2.0
// What the board says about its supply and its heat: on a Raspberry Pi most "strange" faults are a
// weak supply. Boards that say nothing get no finding.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from './finding.ts';

/** Bits of the firmware's word, as `vcgencmd get_throttled` documents them. */
const underVoltageNow = 0x1;
const underVoltageSinceStart = 0x10000;

const hotCelsius = 80;

/** @param systemDir where the kernel shows its devices. */
export async function checkPower(systemDir = '/sys'): Promise<readonly Finding[]> {
  return [...(await checkSupply(systemDir)), ...(await checkHeat(systemDir))];
}

async function checkSupply(systemDir: string): Promise<readonly Finding[]> {
  const path = join(systemDir, 'devices/platform/soc/soc:firmware/get_throttled');
  const word = Number.parseInt(await readText(path), 16);
  if (Number.isNaN(word)) return [];
  const advice = 'use the supply made for this board, and a short cable; feed adapters by a hub';
  if ((word & underVoltageNow) !== 0) {
    return [{ area: 'power', state: 'bad', what: 'the supply is too weak now', advice }];
  }
  if ((word & underVoltageSinceStart) !== 0) {
    const what = 'the supply was too weak since the start';
    return [{ area: 'power', state: 'attention', what, advice }];
  }
  return [{ area: 'power', state: 'good', what: 'the supply was never too weak since the start' }];
}

async function checkHeat(systemDir: string): Promise<readonly Finding[]> {
  const text = await readText(join(systemDir, 'class/thermal/thermal_zone0/temp'));
  const celsius = Number.parseInt(text, 10) / 1_000;
  if (Number.isNaN(celsius)) return [];
  const what = `the processor has ${celsius.toFixed(0)} °C`;
  if (celsius < hotCelsius) return [{ area: 'power', state: 'good', what }];
  const advice = 'it slows down from here on: let air to it, or mount it cooler';
  return [{ area: 'power', state: 'attention', what, advice }];
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
