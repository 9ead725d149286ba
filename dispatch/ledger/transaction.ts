// SPDX-License-Identifier: Apache-2.0
// What goes into the main ledger, what comes out, and what has to be written for it. All are data:
// an ordering decides when a transaction is applied and makes its changes durable, in whatever way
// it orders.

import type { Demanded } from '../../contracts/market.ts';
import type { OpenAnchor } from '../../sidechain/chain/anchor.ts';
import type { RecordKind } from '../../sidechain/chain/main-record.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import type { OpenMembershipMessage } from '../../sidechain/chain/membership-message.ts';
import type { Membership } from '../../sidechain/chain/membership-proof.ts';
import type { OpenReport } from '../../sidechain/chain/report.ts';
import type { Anchored, ChainRecord } from './chain-record.ts';
import type { PendingProposal, Vote } from './judge-governance.ts';

export type Transaction =
  | { readonly kind: 'enrol'; readonly genesis: Uint8Array; readonly enrolment: Uint8Array }
  | { readonly kind: 'anchor'; readonly anchor: OpenAnchor }
  | { readonly kind: 'report'; readonly chainId: Uint8Array; readonly report: OpenReport }
  | {
      readonly kind: 'membership';
      readonly chainId: Uint8Array;
      readonly message: OpenMembershipMessage;
    }
  /** A proposal or a vote. */
  | { readonly kind: 'govern'; readonly statement: Uint8Array }
  /** A command, a rule, a request for raw readings, or a word of the market. */
  | { readonly kind: 'record'; readonly record: Uint8Array };

type Refused = { readonly kind: 'refused'; readonly code: string; readonly detail: string };

/** What a transaction of each kind may lead to. */
export type Outcomes = {
  readonly enrol:
    | { readonly kind: 'enrolled'; readonly chain: ChainRecord; readonly isNew: boolean }
    | Refused;
  /**
   * `receipt`: taken, now or before. `stale`: older than the newest, which stands at `logIndex`.
   * `from`: size of the main log that the newest receipt shows which the chain holds.
   * `base`: to be made again from this size of the sidechain.
   */
  readonly anchor:
    | {
        readonly kind: 'receipt' | 'stale';
        readonly logIndex: number;
        readonly from: number;
      }
    | { readonly kind: 'base'; readonly size: number }
    | Refused;
  /** Taken, now or before. */
  readonly report: { readonly kind: 'noted' } | Refused;
  /** Taken, now or before. */
  readonly membership: { readonly kind: 'noted' } | Refused;
  /** `pending`: waits for more votes. `taken`: the registry is changed, now or before. */
  readonly govern:
    | { readonly kind: 'pending'; readonly proposal: PendingProposal; readonly needed: number }
    | { readonly kind: 'taken'; readonly logIndex: number; readonly version: number }
    | Refused;
  /** Taken, now or before. */
  readonly record:
    | { readonly kind: 'receipt'; readonly logIndex: number; readonly isNew: boolean }
    | Refused;
};

/** What is known of a request besides its bytes. */
export type RecordedRequest = {
  readonly id: Uint8Array;
  readonly chainId: Uint8Array;
  readonly untilMs: number;
  readonly askCount: number;
};

/** What is known of a word of the market besides its bytes. `organisation`: that its signer is of. */
export type RecordedTrade =
  | (Demanded & { readonly kind: 'demand'; readonly organisation: string })
  | {
      readonly kind: 'asset';
      readonly id: Uint8Array;
      readonly organisation: string;
      readonly answers: Uint8Array | null;
    }
  | { readonly kind: 'agreement'; readonly answer: Uint8Array; readonly organisation: string }
  | { readonly kind: 'execution'; readonly answer: Uint8Array; readonly chain: Uint8Array };

export type TransactionOf<Kind extends keyof Outcomes> = Extract<
  Transaction,
  { readonly kind: Kind }
>;

/** A leaf of the main log, new. */
export type Leaf = {
  readonly index: number;
  readonly hash: Uint8Array;
  /** Hash of the group of leaves that this one completes, if it does. */
  readonly groupHash: Uint8Array | undefined;
};

/** What must be written, all changes of one transaction or none. */
export type Change =
  | { readonly kind: 'begun'; readonly genesis: Uint8Array; readonly leaf: Leaf }
  | {
      readonly kind: 'enrolled';
      readonly chain: ChainRecord;
      readonly genesis: Uint8Array;
      readonly enrolment: Uint8Array;
      readonly timeMs: number;
    }
  | {
      readonly kind: 'anchored';
      readonly chainId: Uint8Array;
      /** What the chain's record held before: compared when it is set. */
      readonly previousSize: number;
      readonly anchored: Anchored;
      readonly bytes: Uint8Array;
      readonly leaf: Leaf;
      readonly timeMs: number;
    }
  | {
      readonly kind: 'reported';
      readonly chainId: Uint8Array;
      /** Who has signed it. */
      readonly gateway: Uint8Array;
      /** What the same member reports of the same is stored once. */
      readonly subject: string;
      readonly bytes: Uint8Array;
      readonly distrusted: readonly Uint8Array[];
      readonly timeMs: number;
    }
  | {
      readonly kind: 'members-changed';
      readonly chainId: Uint8Array;
      /** Compared when it is set. */
      readonly previousVersion: number;
      readonly membership: Membership;
      /** The message, for the proofs of others. */
      readonly bytes: Uint8Array;
    }
  /** Its chain has another centre now, for the one it had is registered no more. */
  | {
      readonly kind: 'adopted';
      readonly chainId: Uint8Array;
      readonly previousCentre: string;
      readonly centre: string;
      readonly enrolment: Uint8Array;
    }
  | { readonly kind: 'proposed'; readonly proposal: PendingProposal; readonly timeMs: number }
  | {
      readonly kind: 'voted';
      readonly proposalId: Uint8Array;
      readonly vote: Vote;
      readonly timeMs: number;
    }
  /** Nothing is open after it. */
  | {
      readonly kind: 'registry-changed';
      /** Compared when it is set. */
      readonly previousVersion: number;
      readonly registry: MainRegistry;
      /** Its keys of the log are others than before. */
      readonly isHandOver: true | undefined;
      readonly act: Uint8Array;
      readonly leaf: Leaf;
      readonly timeMs: number;
    }
  | {
      readonly kind: 'recorded';
      readonly recordKind: RecordKind;
      /** Of a request for raw readings: for what it calls. */
      readonly request?: RecordedRequest;
      readonly trade?: RecordedTrade;
      readonly bytes: Uint8Array;
      readonly leaf: Leaf;
      readonly timeMs: number;
    }
  /** A window of the market is over: `bytes` is what is said of it. */
  | {
      readonly kind: 'window-closed';
      readonly bytes: Uint8Array;
      readonly leaf: Leaf;
      readonly timeMs: number;
    }
  | {
      readonly kind: 'quarantined';
      readonly chainId: Uint8Array;
      readonly size: number;
      /** The anchor whose root differs from the one that was accepted at this size. */
      readonly bytes: Uint8Array;
      readonly timeMs: number;
    };
