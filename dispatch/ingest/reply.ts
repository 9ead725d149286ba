// SPDX-License-Identifier: Apache-2.0
// What is said to a chain about one of its messages, before it is signed.

import type { Answer } from '../../sidechain/chain/answer.ts';

export type Refusal = { readonly kind: 'refused'; readonly code: string; readonly detail: string };

export type Reply = Exclude<Answer, { readonly kind: 'refused' }> | Refusal;
