// SPDX-License-Identifier: Apache-2.0
// What is said to a chain about one of its messages, before it is signed.

import type { Answer } from '../../sidechain/chain/answer.ts';

export type Refusal = {
  readonly kind: 'refused';
  readonly code: string;
  readonly detail: string;
  /** What has to come first, for the refusal to be read at all. */
  readonly trust?: Trust;
};

/** A hand-over of the log's keys, encoded; it is not signed besides, for it proves itself. */
export type Trust = { readonly kind: 'trust'; readonly message: Uint8Array };

export type Reply = Exclude<Answer, { readonly kind: 'refused' }> | Refusal | Trust;
