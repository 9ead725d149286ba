// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { utf8 } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { unitMax } from '../../drivers/modbus/rtu-frame.ts';
import type { Overheard } from '../../drivers/scan/overheard.ts';
import {
  type FoundMeter,
  placeText,
  type ScanEvent,
  scan as scanLine,
} from '../../drivers/scan/scan.ts';
import { type ScanStep, serialSteps, tcpSteps } from '../../drivers/scan/steps.ts';
import {
  type Command,
  hostAndPort,
  textOf,
  usageError,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import { writeFileDurably } from '../../host/files.ts';
import { loadGatewayConfig } from '../config.ts';
import { withFound } from '../scan-config.ts';

const modbusPort = 502;
const defaultUnits = { from: 1, to: 32 };
const defaultTimeoutMs = 200;

export const scan: Command = {
  name: 'scan',
  summary: 'Looks for meters on a line whose settings nobody knows; only reads.',
  usage: 'scan (--serial PATH | --tcp HOST[:PORT]) [--units A-B] [--write FILE] [--json]',
  options: {
    serial: {
      value: 'PATH',
      description: 'a tty: speeds, parities, protocols and units are tried',
    },
    tcp: { value: 'HOST[:PORT]', description: 'Modbus TCP, by default port 502' },
    units: {
      value: 'A-B',
      description: `unit numbers to ask, by default 1-32; all are 1-${unitMax}`,
    },
    timeout: { value: 'MS', description: 'how long a unit may take, by default 200' },
    all: { description: 'other speeds, too, once meters were found at one' },
    write: { value: 'FILE', description: 'adds what was found to this gateway.yaml' },
    json: { description: 'what was found, as JSON' },
  },
  notes: `A meter is certain where it says itself what it is, likely where its power is what volts
and amperes make of it and no other map fits as well, possible where nothing speaks against it.
On a tty it listens first: noise that never ends is told with what to do, and ends the scan.
Exit code 0 when something was found, 3 when nothing was.`,
  run: async ({ values, print, ending }) => {
    const timeoutMs =
      wholeNumber('scan', values, { name: 'timeout', min: 20, max: 10_000 }) ?? defaultTimeoutMs;
    const isJson = values.json === true;
    const file = textOf(values, 'write');
    // Not after minutes of asking.
    if (file !== undefined) loadGatewayConfig(file);
    const found: FoundMeter[] = [];
    const heard: Heard[] = [];
    const garbledAt = new Set<string>();
    const options = { timeoutMs, all: values.all === true, ending };
    for await (const event of scanLine(stepsOf(values), options)) {
      if (event.kind === 'found') found.push(event.meter);
      if (event.kind === 'garbled' && isKnown(garbledAt, placeText(event.transport))) continue;
      if (event.kind === 'overheard')
        heard.push({ place: placeText(event.transport), ...event.what });
      tell(event, { print, isJson });
    }
    if (isJson) print(JSON.stringify({ found: found.map(shown), overheard: heard }, null, 2));
    else if (found.length === 0 && heard.length === 0) print(nothingFound);
    const say = isJson ? () => {} : print;
    if (file !== undefined && found.length > 0) await write(file, found, say);
    return found.length > 0 ? 0 : 3;
  },
};

/** Once for each setting: the other units would be told of in the same words. */
function isKnown(places: Set<string>, place: string): boolean {
  const known = places.has(place);
  places.add(place);
  return known;
}

/** What was said before anything was asked, for people and programs. */
type Heard = Overheard & { readonly place: string };

const nothingFound = `nothing answers
  are the meters powered; are A and B swapped (swap them, nothing breaks); does another master
  hold the line; other unit numbers: --units 1-${unitMax}`;

/** @throws TielineError `usage` */
function stepsOf(values: Values): readonly ScanStep[] {
  const serial = textOf(values, 'serial');
  const tcp = textOf(values, 'tcp');
  if ((serial === undefined) === (tcp === undefined)) {
    throw usageError('give one of --serial PATH, --tcp HOST[:PORT]', 'scan');
  }
  const range = unitsOf(textOf(values, 'units'));
  if (serial !== undefined) return serialSteps(serial, range);
  const text = tcp ?? '';
  const hasPort = /:\d+$/.test(text) && (!text.includes('::') || text.includes(']'));
  return tcpSteps(hostAndPort('scan', 'tcp', hasPort ? text : `${text}:${modbusPort}`), range);
}

/** @throws TielineError `usage` */
function unitsOf(text: string | undefined): { readonly from: number; readonly to: number } {
  if (text === undefined) return defaultUnits;
  const [, first, last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text) ?? [];
  const range = { from: Number(first), to: Number(last) };
  if (range.from >= 1 && range.to <= unitMax && range.from <= range.to) return range;
  throw usageError(`--units is written as 1-32, within 1-${unitMax}, not \`${text}\``, 'scan');
}

/** Progress goes to a terminal alone, and to where it is not in the way of the result. */
function tell(
  event: ScanEvent,
  { print, isJson }: { readonly print: (line: string) => void; readonly isJson: boolean },
): void {
  const { stderr } = process;
  const clear = stderr.isTTY ? '\r\u001b[K' : '';
  switch (event.kind) {
    case 'progress': {
      const { text, doneCount, stepCount, leftMs } = event;
      const left = leftMs === undefined ? '' : `, ${Math.ceil(leftMs / 1_000)} s left`;
      if (stderr.isTTY) stderr.write(`${clear}${doneCount}/${stepCount}  ${text}${left}`);
      return;
    }
    case 'found':
      stderr.write(clear);
      if (!isJson) print(foundText(event.meter));
      return;
    case 'garbled':
      stderr.write(
        `${clear}something garbled answers as unit ${event.unit} at ${placeText(event.transport)}: ` +
          'another speed or parity (which are tried), two devices of one number, a second master, A and B swapped, or noise\n',
      );
      return;
    case 'overheard':
      stderr.write(clear);
      if (!isJson)
        print(`${placeText(event.transport)}  ${event.what.detail}\n  ${event.what.hint}`);
      return;
    case 'closed': {
      stderr.write(clear);
      const { detail, hint } = event.fault;
      throw new TielineError('line-closed', detail, { hint });
    }
  }
}

function foundText({ meter, confidence, reasons, alternatives, transport, unit }: FoundMeter) {
  const where = `${placeText(transport)}${unit === undefined ? '' : ` unit ${unit}`}`;
  const also = alternatives.length === 0 ? [] : [`could also be ${alternatives.join(', ')}`];
  const what = meter ?? 'a device that no map fits';
  return [
    `${where}  ${what}  ${confidence}`,
    ...[...reasons, ...also].map((one) => `  ${one}`),
  ].join('\n');
}

function shown(found: FoundMeter) {
  const { meter, unit, ...rest } = found;
  return { place: placeText(found.transport), unit: unit ?? null, meter: meter ?? null, ...rest };
}

/** The file must be in order before and after. @throws TielineError `config` */
async function write(
  file: string,
  found: readonly FoundMeter[],
  print: (line: string) => void,
): Promise<void> {
  loadGatewayConfig(file);
  const { text, names } = withFound(await readFile(file, 'utf8'), found);
  if (names.length === 0) {
    print(`\n${file} names all of that already`);
    return;
  }
  await writeFileDurably(file, utf8(text), { mode: 0o644 });
  loadGatewayConfig(file);
  print(`\nadded to ${file}: ${names.join(', ')}\nnext  tieline run --config ${file}`);
}
