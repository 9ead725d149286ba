// SPDX-License-Identifier: Apache-2.0
// All between us and one other member: the session there is, the call under way, what waits to be sent, and
// what is counted. Both sides may call. Of two sessions that meet, the one that the member with the lower
// key called for stays, on both sides; of two by one caller the newer. Invariant: at most one session.

import type { TLSSocket } from 'node:tls';
import { assert } from '../../base/assert.ts';
import { compare, equal } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { NodeId } from '../raft/entry.ts';
import { call } from './call.ts';
import { Connection } from './connection.ts';
import type { TlsOptions } from './credentials.ts';
import type { Frame } from './frame.ts';
import { frameBytesMax, type Lane, laneOf, lanes, queueBytesMax } from './lane.ts';
import {
  decodeHello,
  decodeMessage,
  encodeHello,
  encodeMessage,
  type Hello,
} from './message-codec.ts';
import { Retry } from './retry.ts';
import { SendQueue } from './send-queue.ts';
import { Session } from './session.ts';
import type { SparingLog } from './sparing-log.ts';
import type { Address, Member, PeerStatus, Receiver, WireMessage } from './transport.ts';

/** What all links of a member have in common. */
export type LinkContext = {
  readonly chainId: Uint8Array;
  readonly ownKey: Uint8Array;
  readonly ownId: () => NodeId | undefined;
  readonly tls: TlsOptions;
  readonly receiver: Receiver;
  readonly log: SparingLog;
  readonly random: () => number;
};

export class Link {
  readonly #context: LinkContext;
  readonly #isFirst: boolean;
  readonly #retry: Retry;
  readonly #queues = perLane((lane) => new SendQueue(queueBytesMax(lane)));
  /** Connections to us whose hello has not come. */
  readonly #greeting = new Set<Connection>();
  readonly #dropped = perLane(() => 0);
  readonly #refused: Record<string, number> = {};
  #member: Member;
  #session: Session | undefined;
  /** Ours, not yet answered. */
  #call: Session | undefined;
  #callCount = 0;
  #hasLost = false;
  #isClosed = false;
  #connects = 0;
  #sent = 0;
  #received = 0;

  constructor(context: LinkContext, member: Member) {
    this.#context = context;
    this.#member = member;
    this.#isFirst = compare(context.ownKey, member.publicKey) < 0;
    this.#retry = new Retry({ random: context.random, yields: !this.#isFirst });
  }

  get id(): NodeId {
    return this.#member.id;
  }

  /** The same member, perhaps at another address. */
  update(member: Member): void {
    assert(member.id === this.id, 'a key does not change its id');
    this.#member = member;
  }

  send(message: WireMessage): boolean {
    const lane = laneOf(message);
    if (this.#session !== undefined && this.#queues[lane].add(message)) {
      this.#pump(lane);
      return true;
    }
    this.#dropped[lane] += 1;
    this.#hasLost = true;
    return false;
  }

  /** The member has connected to us. */
  greet(socket: TLSSocket): void {
    const refuse = (code: string, detail: string): void => this.#refuse(connection, code, detail);
    const connection: Connection = new Connection(socket, {
      frame: (frame) => {
        this.#greeting.delete(connection);
        const hello = decodeHello(frame);
        if (!hello.ok) refuse(hello.code, hello.detail);
        else if (equal(hello.value.chainId, this.#context.chainId)) {
          this.#answer(connection, hello.value);
        } else refuse('chain', 'it is on another chain');
      },
      refused: refuse,
      drained: () => {},
      closed: () => this.#greeting.delete(connection),
    });
    this.#greeting.add(connection);
    if (this.#greeting.size > limits.transportGreetingsMax) {
      refuse('greetings', 'too many connections that do not say hello');
    }
  }

  tick(): void {
    for (const connection of this.#greeting) connection.tick();
    this.#session?.tick();
    this.#call?.tick();
    this.#callIfDue();
    if (!this.#hasLost) return;
    this.#hasLost = false;
    this.#context.receiver.unreachable(this.id);
  }

  close(reason: string): void {
    this.#isClosed = true;
    for (const connection of this.#greeting) connection.close(reason);
    this.#call?.close(reason);
    this.#session?.close(reason);
  }

  status(): PeerStatus {
    return {
      id: this.id,
      isConnected: this.#session !== undefined,
      calledBy: this.#session?.calledBy,
      connects: this.#connects,
      sent: this.#sent,
      received: this.#received,
      dropped: { ...this.#dropped },
      refused: { ...this.#refused },
    };
  }

  #callIfDue(): void {
    const { address } = this.#member;
    if (address === undefined || this.#session !== undefined || this.#call !== undefined) return;
    if (!this.#retry.tick()) return;
    this.#callCount += 1;
    const session = new Session('us', this.#callCount);
    this.#call = session;
    this.#callLane(session, 'control', address);
  }

  #callLane(session: Session, lane: Lane, address: Address): void {
    const { chainId, tls } = this.#context;
    const hello: Hello = { chainId, lane, session: session.number };
    const connection = call({ ...this.#member, address }, hello, tls, {
      answered: () => {
        this.#open(session, lane);
        if (lane === 'control') this.#answered(session, address);
        else this.#pump(lane);
      },
      refused: (code, detail) => this.#count(code, detail),
      closed: (reason) => this.#closed(session, reason),
    });
    session.set(lane, connection);
  }

  #closed(session: Session, reason: string): void {
    session.close(reason);
    if (this.#call === session) this.#callFailed(reason);
    else if (this.#session === session) this.#end(session, reason);
  }

  #callFailed(reason: string): void {
    this.#call = undefined;
    if (this.#session !== undefined || this.#isClosed) return;
    this.#retry.failed();
    this.#say('warn', 'peer-unreachable', { address: this.#member.address, reason });
  }

  /** Our call was answered; meanwhile one of theirs may have come in. */
  #answered(session: Session, address: Address): void {
    this.#call = undefined;
    if (this.#session !== undefined && !this.#isFirst) {
      session.close('the peer has called, too');
      return;
    }
    this.#begin(session);
    for (const lane of lanes) if (lane !== 'control') this.#callLane(session, lane, address);
  }

  /** A hello has come in. */
  #answer(connection: Connection, hello: Hello): void {
    const { lane } = hello;
    const session = this.#sessionFor(hello);
    if (session === undefined || session.at(lane) !== undefined) {
      connection.close('there is another session');
      return;
    }
    session.set(lane, connection);
    connection.write(encodeHello(hello));
    this.#open(session, lane);
    if (lane === 'control') this.#begin(session);
    else this.#pump(lane);
  }

  /** What a connection to us belongs to: the control lane begins a session, the others follow. */
  #sessionFor({ lane, session: number }: Hello): Session | undefined {
    if (lane === 'control') {
      const isOursToStay = this.#session?.calledBy === 'us' && this.#isFirst;
      return isOursToStay ? undefined : new Session('peer', number);
    }
    const isMeant = this.#session?.calledBy === 'peer' && this.#session.number === number;
    return isMeant ? this.#session : undefined;
  }

  #open(session: Session, lane: Lane): void {
    const connection = session.at(lane);
    assert(connection !== undefined, 'what is opened belongs to its session');
    connection.open(frameBytesMax(lane), {
      frame: (frame) => this.#take(connection, lane, frame),
      refused: (code, detail) => this.#refuse(connection, code, detail),
      drained: () => this.#pump(lane),
      closed: (reason) => this.#closed(session, reason),
    });
  }

  #begin(session: Session): void {
    const before = this.#session;
    this.#session = session;
    this.#connects += 1;
    // What was written there and has not arrived is lost.
    if (before !== undefined) this.#hasLost = true;
    before?.close('another session takes its place');
    const { calledBy } = session;
    this.#say('info', 'peer-connected', { calledBy, connects: this.#connects });
    this.#pump('control');
  }

  #end(session: Session, reason: string): void {
    this.#session = undefined;
    this.#hasLost = true;
    for (const lane of lanes) this.#dropped[lane] += this.#queues[lane].clear();
    if (this.#isClosed) return;
    if (session.ticks * limits.transportTickMs >= limits.transportStableMs) this.#retry.again();
    else this.#retry.failed();
    this.#say('info', 'peer-lost', { reason });
  }

  #pump(lane: Lane): void {
    const connection = this.#session?.at(lane);
    while (connection?.canWrite === true) {
      const message = this.#queues[lane].take();
      if (message === undefined) return;
      connection.write(encodeMessage(message));
      this.#sent += 1;
    }
  }

  #take(connection: Connection, lane: Lane, frame: Frame): void | Promise<void> {
    const { receiver, ownId } = this.#context;
    const message = decodeMessage(frame, { from: this.id, lane });
    if (!message.ok) {
      this.#refuse(connection, message.code, message.detail);
      return;
    }
    const own = ownId();
    if (message.value.kind !== 'channel' && message.value.to !== own) {
      // Who is granted is spoken to by its id before it hears of it: no fault of theirs. Else it may mean
      // somebody whom we were.
      if (own !== undefined) this.#count('not-for-us', `meant for member ${message.value.to}`);
      return;
    }
    this.#received += 1;
    return receiver.message(this.id, message.value);
  }

  #refuse(connection: Connection, code: string, detail: string): void {
    this.#count(code, detail);
    connection.close(code);
  }

  #count(code: string, detail: string): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
    this.#say('warn', 'peer-refused', { code, detail });
  }

  #say(level: 'info' | 'warn', event: string, fields: Readonly<Record<string, unknown>>): void {
    const { code = '' } = fields;
    this.#context.log.say(level, event, `${this.id} ${code}`, { peer: this.id, ...fields });
  }
}

function perLane<T>(make: (lane: Lane) => T): Record<Lane, T> {
  return { control: make('control'), log: make('log'), bulk: make('bulk') };
}
