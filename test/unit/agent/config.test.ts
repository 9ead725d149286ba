// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskMaxDoubt } from '../../../agent/archive-rules.ts';
import { loadGatewayConfig } from '../../../agent/config.ts';
import { examine } from '../../../agent/doctor/examine.ts';
import { transportOf } from '../../../agent/meter-config.ts';
import { messageOf } from '../../../base/errors.ts';
import { systemClock } from '../../../host/clock.ts';
import { temporaryDirectory } from '../sidechain/rig.ts';

function load(text: string) {
  const directory = temporaryDirectory();
  const path = join(directory, 'gateway.yaml');
  writeFileSync(path, text);
  return { config: loadGatewayConfig(path), directory };
}

function problemsOf(text: string): string {
  try {
    load(text);
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('it was taken');
}

const least = 'name: cellar\nmqtt:\n  url: mqtt://127.0.0.1:1883\n';

test('a name and a broker are enough; all else has its default', () => {
  const { config, directory } = load(least);
  expect(config).toMatchObject({
    name: 'cellar',
    data: join(directory, 'data'),
    anchor: { intervalMs: 60_000 },
    http: { port: 8_780 },
    log: { level: 'info' },
    lines: [],
    meters: [],
  });
});

test('a broker may have several addresses, each in the form of one', () => {
  const urls = ['mqtts://a.example:8883', 'mqtts://b.example:8883'];
  expect(load(`name: cellar\nmqtt:\n  url: [${urls.join(', ')}]\n`).config.mqtt.url).toEqual(urls);
  const form = 'must be mqtt://host:1883, or mqtts://host:8883 with TLS';
  expect(problemsOf('name: a\nmqtt:\n  url: [mqtt://a, b.example]\n')).toContain(form);
  expect(problemsOf('name: a\nmqtt:\n  url: b.example\n')).toContain(form);
  expect(problemsOf('name: a\nmqtt:\n  url: []\n')).toContain('mqtt.url');
});

test('paths are those beside the file', () => {
  const { config, directory } = load(`${least}  ca: tls/ca.pem\n  key: /etc/tieline/key.pem\n`);
  expect(config.mqtt.ca).toBe(join(directory, 'tls/ca.pem'));
  expect(config.mqtt.key).toBe('/etc/tieline/key.pem');
  expect(config.mqtt.cert).toBeUndefined();
});

test('a line is a tty, Modbus TCP or RTU frames over TCP, each with its own settings', () => {
  const { config } = load(`${least}lines:
  - { name: bus, serial: /dev/ttyUSB0, parity: even }
  - { name: panel, tcp: '192.0.2.10:502', timeoutMs: 250 }
  - { name: remote, rtuTcp: '[2001:db8::1]:4196' }
`);
  expect(config.lines.map(transportOf)).toEqual([
    {
      kind: 'modbus-rtu',
      path: '/dev/ttyUSB0',
      baudRate: 9_600,
      parity: 'even',
      dataBits: 8,
      stopBits: 1,
    },
    { kind: 'modbus-tcp', host: '192.0.2.10', port: 502 },
    expect.objectContaining({ kind: 'rtu-tcp', port: 4196 }),
  ]);
  expect(config.lines.map(({ timeoutMs }) => timeoutMs)).toEqual([1_000, 250, 1_000]);
});

test('a tty has the form of its protocol, where nothing else is said', () => {
  const { config } = load(`${least}lines:
  - { name: street, serial: /dev/ttyUSB0, protocol: dlt645 }
  - { name: optical, serial: /dev/ttyUSB1, protocol: dlt645, baudRate: 1200 }
meters:
  - { name: main, meter: dlt645-three-phase, line: street, address: '000000000161' }
`);
  expect(config.lines.map(transportOf)).toMatchObject([
    { baudRate: 2_400, parity: 'even', dataBits: 8, stopBits: 1 },
    { baudRate: 1_200, parity: 'even' },
  ]);
  expect(config.meters[0]).toMatchObject({ address: '000000000161' });
});

test('all that has no form is told at once, each with its line', () => {
  const message = problemsOf(`name: cellar
mqtt:
  url: amqp://127.0.0.1
anchorInterval: 5
anchor: { intervalMs: soon }
`);
  for (const place of ['3:', '4:', '5:']) expect(message).toContain(`gateway.yaml:${place}`);
});

test('where there are no lines at all, none is listed', () => {
  const message = problemsOf(`${least}meters:
  - { name: main, meter: eastron-sdm630, line: hall }
`);
  expect(message).toContain('there is no line of this name (add it to `lines`)');
});

test('a bound of the disk that may be outgrown is taken, for it was before, and doubted', async () => {
  const diskMax = (text: string) => load(`${least}archive: { diskMax: ${text} }\n`).config;
  expect(diskMax('50MB').archive.diskMax).toBe('50MB');
  expect(diskMaxDoubt(diskMax('99MB'))?.what).toContain('99MB, less than 100MB');
  for (const text of ['100MB', '1GB']) expect(diskMaxDoubt(diskMax(text))).toBeUndefined();
  const examination = examine({
    ...{ config: diskMax('50MB'), clock: await systemClock(), running: undefined },
    ...{ diskTestMs: 0, ending: new AbortController().signal },
  });
  const { value } = await examination.next();
  expect(value).toMatchObject({ area: 'configuration', state: 'attention' });
});

test('all that does not fit together is told at once, each with its line', () => {
  const message = problemsOf(`${least}lines:
  - { name: bus }
  - { name: panel, tcp: '192.0.2.10:502', serial: /dev/ttyUSB0 }
  - { name: bus, tcp: '192.0.2.11:502' }
  - { name: hall, serial: /dev/ttyUSB1 }
meters:
  - { name: main, meter: eastron-sdm630, line: hal }
  - { name: main, meter: eastron-sdm6300, line: panel }
  - { name: street, meter: dlt645-three-phase, line: panel }
  - { name: attic, meter: eastron-sdm120, line: hall, unit: 248 }
`);
  for (const [place, problem] of [
    ['5:', 'no way to its devices'],
    ['6:', 'tcp and serial at once'],
    ['12:', 'does not speak Modbus'],
    ['7:', 'a name used before'],
    ['10:', 'there is no line of this name \\(did you mean hall\\?\\)'],
    ['11:', 'no meter of this id is known \\(did you mean eastron-sdm630\\?'],
    ['13:', 'no such unit \\(on a serial bus a unit is from 1 to 247\\)'],
  ]) {
    expect(message).toMatch(new RegExp(`gateway\\.yaml:${place}.*${problem}`));
  }
});
