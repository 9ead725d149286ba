// SPDX-License-Identifier: Apache-2.0
// `tieline meters`: the catalogue, and how each fact in it is known.

import { allMeters, meterDefinitions, protocolMeters, selfDescribedMeters } from '../index.ts';
import type { MeterDefinition } from '../meter-definition.ts';
import { table } from './table.ts';

/** The text to print, without a line end. As JSON: all, with the sources of every register. */
export function metersText(options: { readonly json: boolean }): string {
  return options.json ? JSON.stringify(allMeters, null, 2) : list();
}

function list(): string {
  const rows = meterDefinitions.map((meter) => [
    meter.id,
    meter.vendor,
    meter.model,
    `${meter.registers.length} values`,
    `${confirmed(meter)} confirmed twice`,
  ]);
  const standards = protocolMeters.map(({ id, vendor, model, obis }) => [
    id,
    vendor,
    model,
    obis === undefined ? 'values as it tells' : `${obis.length} values`,
    'by its standard',
  ]);
  const asked = selfDescribedMeters.map(({ id, vendor, model }) => [
    id,
    vendor,
    model,
    'values as it tells',
    'by its standard',
  ]);
  const all = table([...rows, ...standards, ...asked]);
  return `${all}\n\nEvery register and its sources: tieline meters --json`;
}

function confirmed({ registers }: MeterDefinition): number {
  return registers.filter(({ provenance }) => provenance.level === 'two-or-more-sources').length;
}
