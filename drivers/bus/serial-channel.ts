// SPDX-License-Identifier: Apache-2.0
// A tty as a channel of bytes, through the package serialport.

import { writeSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { SerialPort } from 'serialport';
import type { TielineError } from '../../base/errors.ts';
import type { SerialSettings } from '../meter-definition.ts';
import type { ByteChannel, ByteChannelListener, OpenByteChannel } from './byte-channel.ts';
import { portHolders } from './port-holder.ts';
import { isBusy, serialOpenError } from './serial-open-error.ts';

type SerialEndpoint = SerialSettings & { readonly path: string };

export function serialChannel(endpoint: SerialEndpoint): OpenByteChannel {
  const { path, baudRate, parity, dataBits, stopBits } = endpoint;
  return async (listener) => {
    // A fresh object each time: the package keeps it.
    const options = { path, baudRate, parity, dataBits, stopBits };
    const port = new SerialPort({ ...options, autoOpen: false, lock: true });
    // Before anything else: an `error` without a listener ends the process.
    port.on('error', () => undefined);
    const failure = await new Promise<Error | null>((resolve) => port.open(resolve));
    if (failure !== null) throw await openError(path, failure.message);
    return channelOf(port, listener);
  };
}

async function openError(path: string, message: string): Promise<TielineError> {
  const holders = isBusy(message) ? await portHolders(path) : undefined;
  return serialOpenError(path, message, { ports: await serialPorts(), holders });
}

/** Paths of the serial ports of this machine, the ones with lasting names first. */
async function serialPorts(): Promise<readonly string[]> {
  // SerialPort.list() needs udevadm, which small systems lack.
  const stable = await entries('/dev/serial/by-id', /./);
  const plain = await entries('/dev', /^tty(USB|ACM|AMA|SC|RS485-)\d+$/);
  return [...stable, ...plain];
}

function channelOf(port: SerialPort, listener: ByteChannelListener): ByteChannel {
  const closed = (error: Error | null) => listener.closed(error?.message ?? 'the port was closed');
  port.on('close', closed);
  // Also what notices that the adapter was pulled out: a port that nobody reads from does not.
  port.on('data', (bytes: Uint8Array) => listener.bytes(bytes));
  return {
    write: async (bytes) => {
      const rest = bytes.subarray(writeAtOnce(port, bytes));
      if (rest.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        port.write(rest, (error) => (error ? reject(error) : resolve()));
      });
    },
    discardInput: () =>
      new Promise((resolve, reject) => {
        port.flush((error) => (error ? reject(error) : resolve()));
      }),
    setBaudRate: (baudRate) =>
      new Promise((resolve, reject) => {
        const settled = (error: Error | null) => (error ? reject(error) : resolve());
        port.drain((error) => (error ? reject(error) : port.update({ baudRate }, settled)));
      }),
    // Not `destroy`: it leaves the descriptor open.
    close: () =>
      new Promise((resolve) => {
        port.off('close', closed);
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  };
}

/**
 * The package writes in another thread, and tells of it some turns later: where the processor is
 * busy, the answer was here before that, and taken for one of an earlier request. A tty that is
 * silent takes a request on the spot.
 *
 * @returns how many bytes it has taken.
 */
function writeAtOnce({ port }: SerialPort, bytes: Uint8Array): number {
  const descriptor = port !== undefined && 'fd' in port ? port.fd : null;
  if (descriptor === null) return 0;
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    // Its buffer is full, or a signal came: the package knows how to wait.
    if (error instanceof Error && 'code' in error && laterCodes.has(error.code)) return 0;
    throw error;
  }
}

const laterCodes = new Set<unknown>(['EAGAIN', 'EINTR']);

async function entries(folder: string, name: RegExp): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((entry) => name.test(entry))
    .toSorted()
    .map((entry) => `${folder}/${entry}`);
}
