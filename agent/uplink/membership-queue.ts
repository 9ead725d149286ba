// SPDX-License-Identifier: Apache-2.0
// Tells the centre how the members of the chain have changed: until it knows them, it takes no
// checkpoint that new members have signed. Each message holds all changes since the genesis, so a
// lost, doubled or late one does no harm. Whoever is on duty sends, until the centre has noted.

import { toHex } from '../../base/bytes.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Log } from '../../host/log.ts';
import { checkPolicy } from '../../sidechain/chain/anchor.ts';
import type { Answer } from '../../sidechain/chain/answer.ts';
import { signMembershipMessage } from '../../sidechain/chain/membership-message.ts';
import {
  followChanges,
  type Membership,
  type ProvenChange,
} from '../../sidechain/chain/membership-proof.ts';
import type { ChainPort } from './chain-port.ts';
import { Resend } from './resend.ts';

export type MembershipPorts = {
  readonly chain: Pick<ChainPort, 'chainId' | 'size' | 'rootAt' | 'checkpoint'> & {
    /** Of the newest change; 0 while the members are those of the genesis. */
    readonly membershipVersion: () => number;
    /** All changes, proven under the first `size` blocks, which hold them. */
    readonly provenChanges: (size: number) => Promise<readonly ProvenChange[]>;
  };
  readonly founding: Membership;
  readonly signer: Signer;
  /** Version that the centre has noted. */
  readonly store: {
    readonly load: () => Promise<number>;
    readonly save: (version: number) => Promise<void>;
  };
  readonly log: Log;
};

export class MembershipQueue {
  readonly #suite: Suite;
  readonly #ports: MembershipPorts;
  readonly #resend = new Resend();
  #noted: number;
  #sent: { readonly hash: string; readonly version: number } | undefined;
  #refusal: string | undefined;

  private constructor(suite: Suite, ports: MembershipPorts, noted: number) {
    this.#suite = suite;
    this.#ports = ports;
    this.#noted = noted;
  }

  static async open(suite: Suite, ports: MembershipPorts): Promise<MembershipQueue> {
    return new MembershipQueue(suite, ports, await ports.store.load());
  }

  /** Changes that the centre has not noted yet. */
  get waitingCount(): number {
    return Math.max(0, this.#ports.chain.membershipVersion() - this.#noted);
  }

  /** The centre's last word against it. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** The broker is there again. */
  connected(): void {
    this.#resend.reset();
  }

  /**
   * The message to send now. `patienceMs`: how long others are waited for that may send it; 0 on
   * duty.
   * @throws TielineError `checkpoint-unsigned` (transient) while too few members sign.
   */
  async due(nowMs: number, patienceMs: number): Promise<Uint8Array | undefined> {
    const { chain, signer } = this.#ports;
    const version = chain.membershipVersion();
    if (version <= this.#noted || patienceMs > 0 || !this.#resend.isDue(nowMs)) return undefined;
    this.#resend.sent(nowMs);
    const before = await this.#membershipNoted();
    // The members that the centre knows must have signed as well, or it believes the change to none.
    const { note, size } = await chain.checkpoint((cosigners) => {
      const signers = cosigners.map((keyId) => ({ keyId }));
      return before === undefined || checkPolicy(signers, before).ok;
    });
    const changes = await chain.provenChanges(size);
    const message = signMembershipMessage({ changes, note }, chain.chainId, signer);
    this.#sent = { hash: toHex(this.#suite.sha256(message)), version: changes.length };
    return message;
  }

  /** Takes an answer whose signature was checked. */
  async answered(answer: Answer): Promise<void> {
    if (answer.kind !== 'noted' && answer.kind !== 'refused') return;
    const sent = this.#sent;
    if (sent === undefined || toHex(answer.messageHash) !== sent.hash) return;
    if (answer.kind === 'refused') {
      const { code, detail } = answer;
      this.#refusal = `${code}: ${detail}`;
      this.#ports.log.error('membership-refused', { code, detail });
      return;
    }
    await this.#ports.store.save(sent.version);
    this.#noted = sent.version;
    this.#refusal = undefined;
    this.#resend.reset();
    this.#ports.log.info('membership-noted', { version: sent.version });
  }

  /** As the centre has it. */
  async #membershipNoted(): Promise<Membership | undefined> {
    const { chain, founding: from } = this.#ports;
    const size = chain.size();
    const changes = (await chain.provenChanges(size)).slice(0, this.#noted);
    const checkpoint = { size, root: await chain.rootAt(size) };
    const { chainId } = chain;
    const followed = followChanges(this.#suite, changes, { chainId, from, checkpoint });
    return followed.ok ? followed.value : undefined;
  }
}
