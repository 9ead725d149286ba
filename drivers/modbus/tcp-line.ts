// SPDX-License-Identifier: Apache-2.0
// Modbus TCP as a line: a bound on every wait, one request at a time, a new client for every connection,
// and an end to connections that are dead.

import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { lostHint } from '../bus/connect-error.ts';
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
import {
  type Call,
  type Client,
  connectClient,
  type Endpoint,
  judged,
  propertiesOf,
  timedOut,
} from './tcp-client.ts';

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
    this.#connection = new Connection(() => connectClient(endpoint));
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

function hintOf(error: unknown): { readonly hint?: string } {
  return error instanceof TielineError && error.hint !== undefined ? { hint: error.hint } : {};
}
