// SPDX-License-Identifier: Apache-2.0
// What the limits must be to each other, so that what one of them lets in never meets another that
// keeps it out. Checked when they are loaded.

import { assert } from './assert.ts';
import type { limits as all } from './limits.ts';

type Limits = typeof all;

export function assertRelations(limits: Limits): void {
  assertWhatIsSigned(limits);
  assertWhatIsSaid(limits);
  assertWhatIsStored(limits);
}

function assertWhatIsSigned(limits: Limits): void {
  assert(limits.packBytesMax < limits.entryBytesMax, 'a pack is smaller than an entry');
  assert(limits.entryBytesMax < limits.blockBytesMax, 'an entry fits into a block');
  assert(
    limits.batchBytesMax + limits.batchPacksMax * 32 + limits.entryBytesMax < limits.blockBytesMax,
    'a block holds a batch with its packs',
  );
  assert(limits.blockBytesMax < limits.cborBytesMax, 'a block can be decoded');
  assert(limits.noteBytesMax < limits.messageBytesMax, 'a checkpoint fits into a message');
  assert(limits.receiptMessageBytesMax + 1_024 <= limits.entryBytesMax, 'an entry holds a receipt');
  assert(
    limits.messageOutputsMax * Math.log2(limits.outputsPerBlockMax / limits.messageOutputsMax) <=
      limits.multiproofHashesMax,
    'any outputs of a block can be proven that fit into a message',
  );
  assert(
    limits.summaryBlocksWaitingMax < limits.chainMessagesMax,
    'what a gateway sends at once is taken',
  );
  assert(limits.valueExponentMax + 3 <= limits.decimalExponentMax, 'a mean can be written out');
  assert(
    limits.summaryOutputsPerBlockMax + limits.packValuesMax * 2 * limits.schemasInForceMax <=
      limits.outputsPerBlockMax,
    'the last device may run over the share of a block that summaries have',
  );
  assert(2 * limits.modbusRegistersMax + 9 < limits.modbusFrameBytesMax, 'the longest answer fits');
}

/** Raft, and the members to each other. */
function assertWhatIsSaid(limits: Limits): void {
  assert(limits.blockBytesMax <= limits.raftEntryBytesMax, 'a block is an entry');
  assert(
    limits.raftEntryBytesMax + limits.transportEnvelopeBytesMax <= limits.transportFrameBytesMax,
    'an entry that was taken can be passed on',
  );
  assert(
    limits.raftAppendBytesMax <= limits.raftInflightBytesMax,
    'an append fits into the window',
  );
  assert(
    limits.blocksUnderWayMax * limits.blockBytesMax <= limits.raftUncommittedBytesMax,
    'the blocks under way are let into the log',
  );
  assert(
    limits.blockBytesMax + limits.blockOverheadBytes + limits.transportEnvelopeBytesMax <=
      limits.transportFrameBytesMax && limits.raftAppendBytesMax < limits.blockBytesMax,
    'an append fits into a frame',
  );
  assert(
    limits.raftAppendBytesMax / 16 <= limits.transportEntriesMax &&
      4 * limits.transportEntriesMax < limits.transportValuesMax,
    'so does one of many small entries',
  );
  assert(
    limits.raftInflightMessagesMax <= limits.transportQueueMessagesMax &&
      limits.raftInflightBytesMax + limits.transportFrameBytesMax <=
        limits.transportLogQueueBytesMax,
    'what Raft has under way to a member can wait',
  );
  assert(
    3 * limits.transportPingMs <= limits.transportSilenceMs,
    'one late ping does not end a connection',
  );
  assert(
    limits.blockBytesMax <= limits.submitWaitingBytesMax &&
      limits.blockBytesMax + limits.transportEnvelopeBytesMax <= limits.transportFrameBytesMax,
    'an entry that fits into a block can be passed to the leader',
  );
}

function assertWhatIsStored(limits: Limits): void {
  assert(limits.storePageRows <= limits.databaseRowsMax, 'a page is read at once');
  assert(
    limits.storePageBytes + limits.blockBytesMax <= limits.databaseReadBytesMax &&
      limits.storePageRows * (limits.outputBytesMax + 64) <= limits.databaseReadBytesMax,
    'a page is read at once',
  );
  assert(limits.blockBytesMax <= limits.poolBytesMax, 'a full block can wait in memory');
  assert(
    4 * limits.messagesInHandMax <= limits.databasePendingMax,
    'what is in hand never meets a busy database',
  );
  assert(
    limits.chainsPageMax * 2 * limits.entryBytesMax <= limits.databaseReadBytesMax,
    'a page of chains is read at once',
  );
  assert(
    limits.historyBatchMessagesMax * limits.messageBytesMax <= limits.databaseReadBytesMax,
    'a page of summary messages is read at once',
  );
  assert(
    limits.segmentFrameBytes + limits.blockBytesMax + 1_024 <= limits.segmentFrameBytesMax,
    'the largest entry fits into a frame of a segment',
  );
}
