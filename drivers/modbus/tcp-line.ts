// SPDX-License-Identifier: Apache-2.0
// Modbus TCP, through modbus-serial: the one file that imports it, and that knows its ways. Its
// transaction numbers keep a late answer from being taken for the next one. What it does not do is
// done here: a bound on every wait, one request at a time, a check of every length, a new client
// for every connection.

import modbus from 'modbus-serial';
import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { connectError, lostHint } from '../bus/connect-error.ts';
import { Connection } from '../bus/connection.ts';
import { deadline } from '../bus/deadline.ts';
import { LineQueue } from '../bus/line-queue.ts';
import { monotonicMs } from '../bus/monotonic.ts';
import { Patience } from '../bus/patience.ts';
import {
  type Answer,
  type AskOptions,
  type CoilRequest,
  type ControlLine,
  faulty,
  peerOf,
  type RegisterRequest,
  type WriteRequest,
} from '../line.ts';
import { exceptionAnswer } from './exception.ts';

type Endpoint = { readonly host: string; readonly port: number };
/** What is asked, what of its answer is checked. */
type Call = { readonly unit: number } & (
  | ({ readonly kind: 'read' } & RegisterRequest)
  | ({ readonly kind: 'write' } & WriteRequest)
  | ({ readonly kind: 'coils' } & CoilRequest)
);
type Client = {
  readonly isOpen: () => boolean;
  readonly call: (request: Call, timeoutMs: number) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

// A device answers within milliseconds; a gateway with a slow serial bus behind it needs longer.
const defaultTimeoutMs = 1_000;
// The package's own time-out comes first, except where it has lost the request.
const graceMs = 250;

export function openModbusTcpLine(
  endpoint: Endpoint,
  options: { readonly timeoutMs?: number } = {},
): ModbusTcpLine {
  return new ModbusTcpLine(endpoint, options.timeoutMs ?? defaultTimeoutMs);
}

export class ModbusTcpLine implements ControlLine {
  readonly name: string;
  readonly #place: string;
  readonly patience: Patience;
  readonly #queue = new LineQueue();
  readonly #connection: Connection<Client>;
  #end: ((answer: Answer) => void) | undefined;
  #closed = false;
  #timeOutsInARow = 0;
  #afterFault = false;

  constructor(endpoint: Endpoint, timeoutMs: number) {
    this.#place = `${endpoint.host}:${endpoint.port}`;
    this.name = `modbus-tcp ${this.#place}`;
    this.patience = new Patience(timeoutMs);
    this.#connection = new Connection(() => connect(endpoint));
  }

  request(request: RegisterRequest, options: AskOptions = {}): Promise<Answer> {
    return this.#call({ ...request, kind: 'read' }, options);
  }

  write(request: WriteRequest): Promise<Answer> {
    return this.#call({ ...request, kind: 'write' }, urgent);
  }

  readCoils(request: CoilRequest): Promise<Answer> {
    return this.#call({ ...request, kind: 'coils' }, urgent);
  }

  #call(request: Call, { priority = 'scheduled', patient = false }: AskOptions): Promise<Answer> {
    return this.#queue.run(priority, async () => {
      const usualMs = this.patience.timeoutMs(peerOf(request.unit));
      const timeoutMs = patient ? this.patience.ceilingMs : usualMs;
      const ask = () => this.#untilClosed(this.#exchange(request, timeoutMs));
      const answer = await ask();
      // Over a new connection at once: only the old one may have been dead.
      return (await this.#wasGivenUp(answer)) ? this.#noted(await ask()) : this.#noted(answer);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end?.(closedByUs);
    await this.#connection.close();
  }

  /** A promise of each request's own: one of the line would hold all that were ever raced with it. */
  #untilClosed(asking: Promise<Answer>): Promise<Answer> {
    if (this.#closed) return Promise.resolve(closedByUs);
    return new Promise((resolve) => {
      this.#end = resolve;
      void asking.then(resolve);
    });
  }

  async #exchange(request: Call, timeoutMs: number): Promise<Answer> {
    let client: Client;
    try {
      client = await this.#opened();
    } catch (error) {
      return faulty({ kind: 'closed', detail: messageOf(error), ...hintOf(error) });
    }
    try {
      const sentAt = monotonicMs();
      const reading = client.call(request, timeoutMs);
      const result = await deadline(timeoutMs + graceMs, reading, timedOut);
      this.patience.answered(peerOf(request.unit), monotonicMs() - sentAt);
      return judged(request, result);
    } catch (thrown) {
      if (!client.isOpen()) {
        const detail = `the connection to ${this.#place} was lost`;
        return faulty({ kind: 'closed', detail, hint: lostHint });
      }
      return this.#faultOf(thrown, request, timeoutMs);
    }
  }

  /** After a reset by the other side the package says neither `close` nor `error`: only `isOpen`
   * shows it. */
  async #opened(): Promise<Client> {
    const client = await this.#connection.get();
    if (client.isOpen()) return client;
    await this.#connection.drop();
    return this.#connection.get();
  }

  #faultOf(thrown: unknown, request: Call, timeoutMs: number): Answer {
    const { errno, modbusCode } = propertiesOf(thrown);
    if (typeof modbusCode === 'number') return exceptionAnswer(modbusCode);
    if (errno === 'ETIMEDOUT') {
      this.patience.timedOut(peerOf(request.unit));
      const { unit } = request;
      const waited = `${Math.round(timeoutMs)} ms`;
      const detail = `unit ${unit} at ${this.#place} did not answer within ${waited}`;
      const hint = `check that this is the meter or its gateway, and that its unit id is ${unit}`;
      return faulty({ kind: 'time-out', detail, hint });
    }
    if (errno !== undefined) return faulty({ kind: 'closed', detail: messageOf(thrown) });
    return faulty({ kind: 'malformed', detail: messageOf(thrown) });
  }

  /** A connection that only times out may be half open, its other end gone: it is given up. */
  async #wasGivenUp(answer: Answer): Promise<boolean> {
    const timedOut = !answer.ok && answer.fault.kind === 'time-out';
    this.#timeOutsInARow = timedOut ? this.#timeOutsInARow + 1 : 0;
    if (this.#timeOutsInARow < limits.lineTimeOutsMax) return false;
    this.#timeOutsInARow = 0;
    this.#afterFault = true;
    await this.#connection.drop();
    return true;
  }

  async #noted(answer: Answer): Promise<Answer> {
    if (answer.ok) {
      const afterFault = this.#afterFault;
      this.#afterFault = false;
      return { ...answer, afterFault };
    }
    const { kind } = answer.fault;
    if (kind !== 'exception') this.#afterFault = true;
    if (kind === 'malformed') await this.#connection.drop();
    return answer;
  }
}

const urgent = { priority: 'control', patient: true } as const;

const closedByUs = faulty({ kind: 'closed', detail: 'the line was closed' });

async function connect({ host, port }: Endpoint): Promise<Client> {
  const client = new modbus.default();
  // Before anything else: an `error` without a listener ends the process.
  client.on('error', () => undefined);
  const close = () => new Promise<void>((resolve) => client.destroy(() => resolve()));
  // The package writes into its options: they are made anew each time.
  const options = { port, keepAlive: true, keepAliveInitialDelay: limits.lineKeepAliveMs };
  try {
    await deadline(limits.lineConnectMs, client.connectTCP(host, options), timedOut);
  } catch (error) {
    await close();
    const { errno, code } = propertiesOf(error);
    const reason = String(code ?? errno ?? messageOf(error));
    throw connectError({ host, port }, { reason, what: 'Modbus TCP', cause: error });
  }
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
    close,
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

/** The package trusts the byte count of an answer, and so returns checksum bytes as data. */
function judged(request: Call, result: unknown): Answer {
  if (request.kind === 'write') return { ok: true, registers: [], afterFault: false };
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

function isRegister(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff;
}

function timedOut(): unknown {
  return { errno: 'ETIMEDOUT', message: 'timed out' };
}

function hintOf(error: unknown): { readonly hint?: string } {
  return error instanceof TielineError && error.hint !== undefined ? { hint: error.hint } : {};
}

/** Much of what the package throws is no Error: it is told apart by its properties alone. */
function propertiesOf(
  thrown: unknown,
): Partial<Record<'errno' | 'code' | 'modbusCode' | 'data', unknown>> {
  return typeof thrown === 'object' && thrown !== null ? thrown : {};
}
