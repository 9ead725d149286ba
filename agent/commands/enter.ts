// SPDX-License-Identifier: Apache-2.0
import { wallClockMs } from '../../host/clock.ts';
import {
  type Command,
  required,
  textOf,
  textsOf,
  usageError,
  type Values,
} from '../../host/command.ts';
import { type ManualEntry, manualKinds } from '../../sidechain/chain/manual-entry.ts';
import { loadGatewayConfig } from '../config.ts';
import { enterManually, manualValueOf } from '../enter-manually.ts';

const name = 'enter';

export const enter: Command = {
  name,
  summary: 'Puts what a person has read or seen on the chain, signed by that person.',
  usage: 'enter --config FILE --key FILE --kind KIND --device NAME [--value …] [--text TEXT]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of a running gateway of the chain' },
    key: { value: 'FILE', description: 'of the person, as `tieline key --person` makes it' },
    kind: { value: 'KIND', description: 'customer, plant or inspection' },
    device: { value: 'NAME', description: 'a device, or what else it is about' },
    value: {
      value: 'NAME=NUMBERUNIT',
      multiple: true,
      description: 'e.g. 1-0:1.8.0=12345.6kWh; may be given several times',
    },
    text: { value: 'TEXT', description: 'what was seen' },
    reason: { value: 'TEXT', description: 'why it is entered by hand' },
    time: { value: 'TIME', description: 'of the observation, as 2026-03-01T14:05:00Z; else now' },
    json: { description: 'what was done as JSON' },
  },
  notes: `The genesis names who may: \`tieline init --operator\`, or --engineer. It is shown apart
from what meters say, as of origin "manual", with the person's time and that of its block:
GET /api/v1/manual-entries of any gateway of the chain.`,
  run: async ({ values, print }) => {
    const given = entryOf(values);
    const config = loadGatewayConfig(required(name, values, 'config'));
    const entered = await enterManually(config, required(name, values, 'key'), given);
    const { height, sequence, person } = entered;
    const text = `entered at block ${height}: number ${sequence} of ${person}`;
    print(values.json === true ? JSON.stringify(entered) : text);
    return 0;
  },
};

function entryOf(values: Values): Omit<ManualEntry, 'sequence'> {
  const given = required(name, values, 'kind');
  const kind = manualKinds.find((one) => one === given);
  if (kind === undefined) {
    throw usageError(`--kind is ${manualKinds.join(', ')}, not \`${given}\``, name);
  }
  const text = textOf(values, 'text') ?? null;
  const entered = textsOf(values, 'value').map(manualValueOf);
  if (entered.length === 0 && text === null) {
    throw usageError('there is nothing to enter: give --value or --text', name);
  }
  return {
    ...{ kind, subject: required(name, values, 'device'), timeMs: timeOf(values) },
    ...{ values: entered, text, reason: textOf(values, 'reason') ?? null },
  };
}

/** With its zone: nobody guesses which clock was meant. */
function timeOf(values: Values): number {
  const text = textOf(values, 'time');
  if (text === undefined) return wallClockMs();
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
  const timeMs = form.test(text) ? Date.parse(text) : Number.NaN;
  if (timeMs >= 0) return timeMs;
  throw usageError(`--time is written as 2026-03-01T14:05:00Z, not \`${text}\``, name);
}
