// SPDX-License-Identifier: Apache-2.0
// What lies around a gateway, as the examination finds it: real directories, sockets and devices,
// and copies of what the kernel shows.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkClock } from '../../../../agent/doctor/check-clock.ts';
import { checkData } from '../../../../agent/doctor/check-data.ts';
import { checkDisk } from '../../../../agent/doctor/check-disk.ts';
import { checkNetwork } from '../../../../agent/doctor/check-network.ts';
import { checkPower } from '../../../../agent/doctor/check-power.ts';
import { checkSerial } from '../../../../agent/doctor/check-serial.ts';
import type { LineConfig } from '../../../../agent/meter-config.ts';
import type { ClockState } from '../../../../base/clock-state.ts';
import { loadOrCreateSigner } from '../../../../host/key-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const common = { timeoutMs: 1_000, deviceGapMs: 0 };

function serialLine(serial: string): LineConfig {
  const settings = { baudRate: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
  return { name: 'bus', ...common, serial, ...settings };
}

function put(path: string, text: string): void {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), text);
}

describe('the data directory', () => {
  it('says how to make a gateway where there is none', async () => {
    const [finding] = await checkData(join(dir, 'nowhere'));
    expect(finding).toMatchObject({ area: 'data', state: 'bad' });
    expect(finding).toHaveProperty('advice', expect.stringContaining('tieline init'));
  });

  it('finds key and chain, and tells the room', async () => {
    await loadOrCreateSigner(join(dir, 'gateway.key'));
    put('chain.db', '');
    const findings = await checkData(dir);
    expect(findings.slice(0, 2).map(({ state }) => state)).toEqual(['good', 'good']);
    expect(findings[2]?.what).toMatch(/^\d+ MB are free \(\d+ %\)$/);
  });

  it('names a key that others may read, with the chmod to run', async () => {
    await loadOrCreateSigner(join(dir, 'gateway.key'));
    chmodSync(join(dir, 'gateway.key'), 0o644);
    const [finding] = await checkData(dir);
    expect(finding).toHaveProperty('advice', expect.stringContaining('chmod 600'));
  });
});

describe('the disk', () => {
  const ending = new AbortController().signal;

  it('is tried with writes that are safe when they return', async () => {
    const finding = await checkDisk({ dataDir: dir, testMs: 0, ending });
    expect(finding.what).toMatch(/^a safe write takes [\d.]+ ms, .* of \d+ took [\d.]+ ms$/);
  });

  it('is bad where nothing can be written', async () => {
    const finding = await checkDisk({ dataDir: join(dir, 'nowhere'), testMs: 0, ending });
    expect(finding).toMatchObject({ area: 'disk', state: 'bad' });
  });
});

describe('the clock', () => {
  it.each<[ClockState, string]>([
    ['synchronised', 'good'],
    ['free-running', 'attention'],
    ['unset', 'bad'],
  ])('%s is %s', (state, expected) => {
    const clock = { nowMs: () => 1_763_683_200_000, state: () => ({ state, errorMs: 12 }) };
    expect(checkClock(clock).state).toBe(expected);
  });
});

describe('the supply of a Raspberry Pi', () => {
  const throttled = 'devices/platform/soc/soc:firmware/get_throttled';

  it.each([
    ['0\n', 'good'],
    ['50000\n', 'attention'],
    ['50005\n', 'bad'],
  ])('the word %j is %s', async (word, state) => {
    put(throttled, word);
    expect((await checkPower(dir)).map((one) => one.state)).toEqual([state]);
  });

  it('tells the heat', async () => {
    put('class/thermal/thermal_zone0/temp', '84211\n');
    const [finding] = await checkPower(dir);
    expect(finding).toMatchObject({ state: 'attention', what: 'the processor has 84 °C' });
  });

  it('finds nothing on a board that says nothing', async () => {
    expect(await checkPower(dir)).toEqual([]);
  });
});

describe('serial ports', () => {
  const places = () => ({ byIdDir: join(dir, 'by-id'), systemDir: join(dir, 'sys') });

  it('lists what is there when the port is not', async () => {
    mkdirSync(join(dir, 'by-id'));
    symlinkSync('/dev/null', join(dir, 'by-id', 'usb-adapter'));
    const [finding] = await checkSerial([serialLine(join(dir, 'ttyUSB9'))], places());
    expect(finding).toMatchObject({ area: 'serial', state: 'bad' });
    expect(finding).toHaveProperty('advice', expect.stringContaining('by-id/usb-adapter'));
  });

  it('refuses a file for a port', async () => {
    put('plain', '');
    const [finding] = await checkSerial([serialLine(join(dir, 'plain'))], places());
    expect(finding?.what).toContain('is no serial port');
  });

  it('offers the name that stays', async () => {
    mkdirSync(join(dir, 'by-id'));
    symlinkSync('/dev/null', join(dir, 'by-id', 'usb-adapter'));
    const [finding] = await checkSerial([serialLine('/dev/null')], places());
    expect(finding).toMatchObject({ state: 'attention' });
    expect(finding).toHaveProperty('advice', `write \`serial: ${dir}/by-id/usb-adapter\``);
  });

  it('names an adapter that waits before it hands on bytes', async () => {
    put('sys/bus/usb-serial/devices/null/latency_timer', '16\n');
    const findings = await checkSerial([serialLine('/dev/null')], places());
    expect(findings.map(({ state }) => state)).toEqual(['good', 'attention']);
    expect(findings[1]?.what).toContain('waits 16 ms');
  });
});

describe('what is called over the network', () => {
  it('is good where a call is taken, and says what to do where none is', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const lines: LineConfig[] = [{ name: 'hall', ...common, tcp: `127.0.0.1:${port}` }];
    const [taken] = await checkNetwork({ lines, peers: [] });
    expect(taken?.state).toBe('good');
    await new Promise((resolve) => server.close(resolve));
    const [refused] = await checkNetwork({
      lines: [],
      peers: [{ name: 'school', address: `127.0.0.1:${port}` }],
    });
    expect(refused).toMatchObject({ area: 'network', state: 'bad' });
    expect(refused?.what).toContain('member school');
    expect(refused).toHaveProperty('advice', expect.stringContaining('nothing listens'));
  });
});
