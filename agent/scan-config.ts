// SPDX-License-Identifier: Apache-2.0
// Puts what a scan has found into a gateway's configuration, but not what is there already.

import type { FoundMeter } from '../drivers/scan/scan.ts';
import type { Transport } from '../drivers/transport.ts';
import { type ConfigItem, type ConfigList, editConfig } from '../host/config-edit.ts';

export type Written = {
  readonly text: string;
  /** Names of the meters that were added. */
  readonly names: readonly string[];
};

/** @throws TielineError `config` where the text is no YAML. */
export function withFound(text: string, found: readonly FoundMeter[]): Written {
  const config = editConfig(text);
  const lines = config.listAt('lines');
  const meters = config.listAt('meters');
  const names: string[] = [];
  for (const { meter, transport, unit, confidence } of found) {
    if (meter === undefined) continue;
    const line = lineFor(wayOf(transport), lines);
    const place = unit === undefined ? {} : { unit };
    if (isThere({ line, ...place }, meters)) continue;
    const name = freeName(`${meter}${unit === undefined ? '' : `-${unit}`}`, meters);
    meters.add({ name, meter, line, ...place }, `${confidence}: found by a scan`);
    names.push(name);
  }
  return { text: config.text(), names };
}

/** As a line of the configuration names it; where it is comes first. */
function wayOf(transport: Transport): ConfigItem {
  switch (transport.kind) {
    case 'modbus-tcp':
      return { tcp: `${transport.host}:${transport.port}` };
    case 'rtu-tcp':
      return { rtuTcp: `${transport.host}:${transport.port}` };
    case 'modbus-rtu': {
      const { path, baudRate, parity, dataBits, stopBits } = transport;
      return { serial: path, baudRate, parity, dataBits, stopBits };
    }
  }
}

/** Name of the line that leads there; made where there is none. */
function lineFor(way: ConfigItem, lines: ConfigList): string {
  const [key = '', place] = Object.entries(way)[0] ?? [];
  const there = lines.items().find((line) => line[key] === place)?.name;
  if (typeof there === 'string') return there;
  const name = freeName('line', lines);
  lines.add({ name, ...way });
  return name;
}

function isThere(
  place: { readonly line: string; readonly unit?: number },
  meters: ConfigList,
): boolean {
  return meters
    .items()
    .some(({ line, unit = 1 }) => line === place.line && unit === (place.unit ?? 1));
}

function freeName(wanted: string, list: ConfigList): string {
  const taken = new Set(list.items().map(({ name }) => name));
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted}-${n}`;
  return name;
}
