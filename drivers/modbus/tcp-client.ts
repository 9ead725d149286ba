// SPDX-License-Identifier: Apache-2.0
// A Modbus TCP client, from modbus-serial: the one file that imports it, and that knows its ways. Its
// transaction numbers keep a late answer from being taken for the next one. What it does not check of an
// answer is checked here.

import modbus from 'modbus-serial';
import { messageOf } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { connectError } from '../bus/connect-error.ts';
import { deadline } from '../bus/deadline.ts';
import {
  type Answer,
  type CoilRequest,
  faulty,
  type RegisterRequest,
  type WriteRequest,
} from '../line.ts';

export type Endpoint = { readonly host: string; readonly port: number };

/** What is asked, what of its answer is checked. */
export type Call = { readonly unit: number } & (
  | ({ readonly kind: 'read' } & RegisterRequest)
  | ({ readonly kind: 'write' } & WriteRequest)
  | ({ readonly kind: 'coils' } & CoilRequest)
);

export type Client = {
  readonly isOpen: () => boolean;
  /** Rejects with what `propertiesOf` looks into. */
  readonly call: (request: Call, timeoutMs: number) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

/** @throws TielineError of `connectError` */
export async function connectClient({ host, port }: Endpoint): Promise<Client> {
  const client = new modbus.default();
  // Before anything else: an `error` without a listener ends the process.
  client.on('error', () => undefined);
  // The package writes into its options: they are made anew each time.
  const options = { port, keepAlive: true, keepAliveInitialDelay: limits.lineKeepAliveMs };
  try {
    await deadline(limits.lineConnectMs, client.connectTCP(host, options), timedOut);
  } catch (error) {
    await closed(client);
    const { errno, code } = propertiesOf(error);
    const reason = String(code ?? errno ?? messageOf(error));
    throw connectError({ host, port }, { reason, what: 'Modbus TCP', cause: error });
  }
  return clientOf(client);
}

function closed(client: Package): Promise<void> {
  return new Promise((resolve) => client.destroy(() => resolve()));
}

/** Of the package's, connected. */
export function clientOf(client: Package): Client {
  return {
    isOpen: () => client.isOpen,
    call: (request, timeoutMs) => {
      // Both are taken at the call: no `await` may come between.
      client.setID(request.unit);
      client.setTimeout(timeoutMs);
      // It keeps its last 256 requests with their answers, though none is wanted any more: with many
      // devices that is most of the memory. A late answer to one that is gone it ignores.
      Object.assign(client, { _transactions: {} });
      return callOf(client, request);
    },
    close: () => closed(client),
  };
}

type Package = InstanceType<typeof modbus.default>;

function callOf(client: Package, request: Call): Promise<unknown> {
  const { address } = request;
  if (request.kind === 'coils') return client.readCoils(address, request.count);
  if (request.kind === 'read') {
    return request.functionCode === 3
      ? client.readHoldingRegisters(address, request.count)
      : client.readInputRegisters(address, request.count);
  }
  return writeOf(client, request);
}

function writeOf(
  client: Package,
  { functionCode, address, values }: WriteRequest,
): Promise<unknown> {
  const [first = 0] = values;
  switch (functionCode) {
    case 5:
      return client.writeCoil(address, first !== 0);
    case 6:
      return client.writeRegister(address, first);
    case 15:
      return client.writeCoils(
        address,
        values.map((value) => value !== 0),
      );
    case 16:
      return client.writeRegisters(address, [...values]);
  }
}

/** The package trusts the byte count of an answer, and so returns checksum bytes as data; and does not
 * compare the echo of a write with what was written. */
export function judged(request: Call, result: unknown): Answer {
  if (request.kind === 'write') return judgedWrite(request, result);
  const given = propertiesOf(result).data;
  // Coils come as whole bytes of them.
  const isCoils = request.kind === 'coils' && Array.isArray(given);
  const data = isCoils ? given.slice(0, request.count).map(Number) : given;
  if (!Array.isArray(data) || data.length !== request.count || !data.every(isRegister)) {
    const detail = `the answer does not hold the ${request.count} registers that were asked for`;
    return faulty({ kind: 'malformed', detail });
  }
  return { ok: true, registers: data, afterFault: false };
}

function judgedWrite({ functionCode, address, values }: WriteRequest, result: unknown): Answer {
  const echo = propertiesOf(result);
  const [first = 0] = values;
  const isSame =
    functionCode === 5
      ? echo.state === (first !== 0)
      : functionCode === 6
        ? echo.value === first
        : echo.length === values.length;
  if (echo.address === address && isSame) return { ok: true, registers: [], afterFault: false };
  return faulty({ kind: 'malformed', detail: 'the answer is not that of what was written' });
}

function isRegister(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff;
}

export function timedOut(): unknown {
  return { errno: 'ETIMEDOUT', message: 'timed out' };
}

type Property = 'errno' | 'code' | 'modbusCode' | 'data' | 'address' | 'state' | 'value' | 'length';

/** Much of what the package throws is no Error: it is told apart by its properties alone. */
export function propertiesOf(thrown: unknown): Partial<Record<Property, unknown>> {
  return typeof thrown === 'object' && thrown !== null ? thrown : {};
}
