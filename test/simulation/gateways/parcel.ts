// SPDX-License-Identifier: Apache-2.0
// What goes over the simulated network between gateways: whom it comes from is never in doubt.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { WireMessage } from '../../../sidechain/transport/transport.ts';

export type Parcel = {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: WireMessage;
};
