// SPDX-License-Identifier: Apache-2.0
// Words of the market as statements, beside the record itself: what later ones are judged by.

import type { Statement } from '../../host/sqlite.ts';
import type { Leaf, RecordedTrade } from '../ledger/transaction.ts';

export function tradeStatements(trade: RecordedTrade, { index }: Leaf): readonly Statement[] {
  switch (trade.kind) {
    case 'asset': {
      const { id, organisation, answers } = trade;
      const sql = `INSERT INTO asset (id, log_index, organisation, answers) VALUES (?, ?, ?, ?)`;
      return [{ sql, params: [id, index, organisation, answers] }];
    }
    case 'agreement': {
      const { answer, organisation } = trade;
      // Two of one organisation may be judged at once: the first counts.
      const sql = `INSERT INTO agreement (answer, organisation, log_index) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING`;
      return [{ sql, params: [answer, organisation, index] }];
    }
    case 'demand':
    case 'execution':
      return [];
  }
}
