// SPDX-License-Identifier: Apache-2.0
// Known bugs of snapshots.

import type { Mutant } from './mutant.ts';

export const snapshotMutants: readonly Mutant[] = [
  {
    name: 'snapshot-keeps-conflicting-entry',
    note: 26,
    bug: 'A snapshot is taken as known if there is any entry at its index, also one of another term.',
    edits: [
      {
        file: 'sidechain/raft/follow.ts',
        find: 'if (log.matches(snapshot)) {',
        replace: 'if (log.lastIndex() >= snapshot.index) {',
      },
    ],
  },
  {
    name: 'applies-beside-snapshot',
    note: 27,
    bug: 'Entries are applied while the snapshot that comes before them is installed.',
    edits: [
      {
        file: 'sidechain/raft/log/raft-log.ts',
        find: 'if (this.#applyingPaused || this.unstable.snapshot !== undefined) return false;',
        replace: 'if (this.#applyingPaused) return false;',
      },
    ],
  },
  {
    name: 'snapshot-without-members',
    note: 27,
    bug: 'The members that a snapshot names do not take effect.',
    edits: [
      {
        file: 'sidechain/raft/apply.ts',
        find: '  switchTo(core, restoreMembers(snapshot.configuration, core.createProgress));\n',
        replace: '',
      },
      {
        file: 'sidechain/raft/apply.ts',
        find: "import { restoreMembers } from './configuration/restore.ts';\n",
        replace: '',
      },
    ],
  },
  {
    name: 'no-snapshot-for-who-is-far-behind',
    note: 27,
    bug: 'A member whose next entry is compacted gets nothing.',
    edits: [
      {
        file: 'sidechain/raft/replicate.ts',
        find: 'if (previousTerm === undefined) return sendSnapshot(core, to, progress);',
        replace: 'if (previousTerm === undefined) return false;',
      },
    ],
  },
  {
    name: 'transfer-never-begun-again',
    note: 28,
    bug: 'The end of a transfer is not heeded: a snapshot that got lost is waited for, for ever.',
    edits: [
      {
        file: 'sidechain/raft/report.ts',
        find: "if (progress?.state !== 'snapshot') return;\n  // Delivered",
        replace: "if (progress?.state !== 'snapshot' || core.term > 0) return;\n  // Delivered",
      },
    ],
  },
  {
    name: 'probe-not-ended',
    note: 29,
    bug: 'A member whose snapshot is the newest index is probed for ever.',
    edits: [
      {
        file: 'sidechain/raft/roles/leader.ts',
        find: "const endsProbe = progress.state === 'probe' && progress.match === message.index;",
        replace: 'const endsProbe = false;',
      },
    ],
  },
];
