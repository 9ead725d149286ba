// SPDX-License-Identifier: Apache-2.0
// The duty to anchor: one co-signed checkpoint at a time goes up until it has its receipt. Before a
// gateway that is alone signs anything new, the centre has told what it knows of this chain; in
// company the other members tell. Nothing here is kept that the chain does not hold: after a
// restart, or a change of duty, a checkpoint is simply sent again. Receipts are heard by all
// members, and committed by the one that waits for them.

import { equal, toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Log } from '../../host/log.ts';
import { checkAnchor, signAnchor } from '../../sidechain/chain/anchor.ts';
import type { Answer } from '../../sidechain/chain/answer.ts';
import {
  type CheckedReceipt,
  checkReceiptMessage,
  decodeReceiptMessage,
} from '../../sidechain/chain/receipt-message.ts';
import type { ChainPort, Cosigned } from './chain-port.ts';
import { isOnDuty, patienceMs } from './duty.ts';
import { Resend } from './resend.ts';
import { reasonToStop } from './rollback.ts';
import { isStillSigned } from './still-signed.ts';

export type AnchorStatus = {
  /** Whether this gateway speaks for the chain, as its leader or in the leader's stead. */
  readonly onDuty: boolean;
  /** Whether the centre has told, in this run, what it holds of this chain. */
  readonly heard: boolean;
  /** Size of the checkpoint that waits for its receipt. */
  readonly waitingSize: number | undefined;
  readonly sentCount: number;
  readonly receiptCount: number;
  /** Key ids, in hex, of the voters under the newest receipt that was heard in this run. */
  readonly cosigners: readonly string[];
  /** What stands in the way: the centre's last refusal, or ours of its receipt. */
  readonly refusal: string | undefined;
};

type CosignedReceipt = CheckedReceipt & { readonly cosigners: readonly Uint8Array[] };

export class AnchorDuty {
  readonly #suite: Suite;
  readonly #chain: ChainPort;
  readonly #signer: Signer;
  readonly #log: Log;
  readonly #intervalMs: number;
  readonly #resend = new Resend();
  /** For how long those before this member are trusted to speak; 0 on duty. */
  #patienceMs = Number.POSITIVE_INFINITY;
  /** The checkpoint on its way. */
  #waiting: Cosigned | undefined;
  #heard = false;
  /** Size that the centre asked the proof to start from, where it is not the last receipt's. */
  #base: number | undefined;
  /** SHA-256 of the anchor that was sent last. */
  #sentHash: Uint8Array | undefined;
  #nextMs = 0;
  /** Size under the newest receipt that this gateway has brought. */
  #broughtSize = 0;
  #cosigners: readonly string[] = [];
  #sentCount = 0;
  #receiptCount = 0;
  #refusal: string | undefined;

  constructor(
    suite: Suite,
    ports: { readonly chain: ChainPort; readonly signer: Signer; readonly log: Log },
    options: { readonly intervalMs: number },
  ) {
    this.#suite = suite;
    this.#chain = ports.chain;
    this.#signer = ports.signer;
    this.#log = ports.log;
    this.#intervalMs = options.intervalMs;
  }

  get status(): AnchorStatus {
    return {
      onDuty: this.#patienceMs === 0,
      heard: this.#heard,
      waitingSize: this.#waiting?.size,
      sentCount: this.#sentCount,
      receiptCount: this.#receiptCount,
      cosigners: this.#cosigners,
      refusal: this.#refusal,
    };
  }

  /** How long others are waited for that may send what is due; as `due` found it last. */
  get patienceMs(): number {
    return this.#patienceMs;
  }

  /** The broker is there again. */
  connected(): void {
    this.#resend.reset();
  }

  /** The chain has other keys of the main log: what waits for a receipt by them is sent again at once. */
  followed(): void {
    this.#resend.reset();
  }

  /** Bytes of the anchor to send now, undefined when there is nothing to do. */
  async due(nowMs: number): Promise<Uint8Array | undefined> {
    await this.#findDuty();
    this.#drop();
    this.#dropOutdated();
    if (this.#patienceMs > 0) return undefined;
    this.#waiting ??= await this.#next(nowMs);
    if (this.#waiting === undefined || !this.#resend.isDue(nowMs)) return undefined;
    this.#resend.sent(nowMs);
    const anchor = await this.#make(this.#waiting);
    this.#sentHash = this.#suite.sha256(anchor);
    this.#sentCount += 1;
    return anchor;
  }

  async #findDuty(): Promise<void> {
    const { members } = this.#chain.signatories();
    const brought = this.#broughtSize;
    const facts = {
      members,
      leader: this.#chain.leader(),
      own: this.#signer.keyId,
      silentMs: await this.#chain.silentMs(),
      broughtNewest: brought > 0 && brought === this.#chain.receipt()?.size,
      intervalMs: this.#intervalMs,
    };
    const onDuty = isOnDuty(facts);
    if (onDuty !== (this.#patienceMs === 0)) this.#log.info(onDuty ? 'duty-taken' : 'duty-left');
    this.#patienceMs = onDuty ? 0 : patienceMs(facts);
  }

  /** Alone, and until the centre was heard: only what was signed before. Else all that is durable. */
  async #next(nowMs: number): Promise<Cosigned | undefined> {
    if (!this.#heard && this.#isAlone()) {
      return (await this.#chain.cosigned()) ?? (await this.#chain.cosignGenesis());
    }
    const anchored = this.#chain.receipt()?.size ?? 0;
    if (nowMs < this.#nextMs || this.#chain.size() <= anchored) return undefined;
    this.#nextMs = nowMs + limits.resendMsMin;
    const checkpoint = await this.#chain.checkpoint();
    this.#nextMs = nowMs + this.#intervalMs;
    return checkpoint;
  }

  #isAlone(): boolean {
    return this.#chain.signatories().members.filter(({ revoked }) => !revoked).length === 1;
  }

  /** Made when it is sent: the proof starts where the centre stands. */
  async #make({ size, note }: Cosigned): Promise<Uint8Array> {
    const receipt = this.#chain.receipt();
    const from = Math.min(this.#base ?? receipt?.size ?? 0, size);
    const consistency = from === 0 ? [] : await this.#chain.consistency({ from, to: size });
    const receiptSize = this.#chain.mainHead()?.size ?? 0;
    const anchor = { note, from, consistency, receiptSize };
    return signAnchor(anchor, this.#chain.chainId, this.#signer);
  }

  /**
   * Takes an answer whose signature was checked.
   * @throws TielineError `rollback` (fatal) when this copy of the chain must not go on.
   */
  async answered(answer: Answer): Promise<void> {
    switch (answer.kind) {
      case 'receipt':
      case 'stale':
        return this.#received(answer.message);
      case 'base':
        this.#base = answer.size;
        this.#resend.reset();
        return;
      case 'refused':
        if (this.#isOfOurs(answer)) this.#refuse('anchor-refused', answer);
        return;
      case 'stored':
      case 'noted':
        return;
    }
  }

  /** Anyone may send in our name what the centre then refuses. */
  #isOfOurs({ what, messageHash }: Extract<Answer, { readonly kind: 'refused' }>): boolean {
    return what === 'anchor' && this.#sentHash !== undefined && equal(messageHash, this.#sentHash);
  }

  #refuse(event: string, { code, detail }: { readonly code: string; readonly detail: string }) {
    this.#refusal = `${code}: ${detail}`;
    this.#log.error(event, { code, detail });
  }

  async #received(bytes: Uint8Array): Promise<void> {
    const checked = this.#check(bytes);
    if (checked === 'crossed') {
      this.#log.debug('receipt-crossed');
      return;
    }
    if (!checked.ok) {
      this.#refuse('receipt-refused', checked);
      return;
    }
    const { anchor, index, cosigners } = checked.value;
    const reason = await reasonToStop(this.#chain, anchor, this.#signer.keyId);
    if (reason !== undefined) {
      throw new TielineError('rollback', reason, {
        retry: 'fatal',
        hint: 'keep this directory as evidence; join the chain as a new member, with a new key',
      });
    }
    this.#cosigners = cosigners.map(toHex);
    const { size } = anchor.checkpoint;
    if (size > this.#chain.size()) {
      // Of blocks that have not come to this member yet: asked for again when they have.
      this.#log.debug('receipt-ahead', { size });
      return;
    }
    this.#heard = true;
    if (size > (this.#chain.receipt()?.size ?? 0)) {
      if (this.#waiting === undefined) return;
      if (await this.#chain.commitReceipt(bytes)) {
        this.#receiptCount += 1;
        this.#broughtSize = size;
        this.#log.info('receipt', { size, mainIndex: index });
      }
    }
    this.#base = undefined;
    this.#refusal = undefined;
    this.#drop();
    this.#resend.reset();
  }

  /** What is under a receipt waits for none; nor does what another member speaks for. */
  #drop(): void {
    const anchored = this.#chain.receipt()?.size ?? 0;
    const isDone = this.#waiting !== undefined && this.#waiting.size <= anchored;
    if (isDone || this.#patienceMs > 0) this.#waiting = undefined;
  }

  /** What the centre would not take from the members that it hears of now is signed anew, at once. */
  #dropOutdated(): void {
    const waiting = this.#waiting;
    const { chainId } = this.#chain;
    const signatories = this.#chain.signatories();
    if (waiting === undefined || isStillSigned(waiting.note, { chainId, signatories })) return;
    this.#log.info('anchor-outdated', { size: waiting.size });
    this.#waiting = undefined;
    this.#nextMs = 0;
    this.#resend.reset();
  }

  /**
   * What the main log says it has, and has of its own past. `crossed`: made for an anchor sent
   * before the newest receipt came, as answers to one sent twice are. Asking again brings another.
   */
  #check(bytes: Uint8Array): 'crossed' | Result<CosignedReceipt> {
    if (bytes.length > limits.receiptMessageBytesMax) {
      return refuse('receipt', `${bytes.length} bytes, which fit into no entry`);
    }
    const message = decodeReceiptMessage(bytes);
    if (!message.ok) return message;
    const previous = this.#chain.mainHead();
    if (message.value.from !== (previous?.size ?? 0)) return 'crossed';
    const checked = checkReceiptMessage(this.#suite, message.value, {
      mainLog: this.#chain.mainLog(),
      periods: this.#chain.keyPeriods(),
      previous,
    });
    if (!checked.ok) return checked;
    // The main log may stop this gateway with what its members have signed, and with nothing else.
    const signed = checkAnchor(this.#suite, checked.value.anchor, this.#chain.signatories());
    return signed.ok ? accept({ ...checked.value, ...signed.value }) : signed;
  }
}
