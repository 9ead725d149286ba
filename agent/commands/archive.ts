// SPDX-License-Identifier: Apache-2.0
import { nodeSuite } from '../../base/node-suite.ts';
import { type Command, required, textOf } from '../../host/command.ts';
import { exportArchive, listArchive, restoreSegment, verifyArchive } from '../archive.ts';

const data = { value: 'DIR', description: "the gateway's data directory; it may be running" };
const json = { description: 'the same, as JSON' };

export const archiveList: Command = {
  name: 'archive list',
  summary:
    'Lists the segments that were made of old blocks, also those that are not here any more.',
  usage: 'archive list --data DIR [--json]',
  options: { data, json },
  run: async ({ values, print }) => {
    const found = await listArchive(required('archive list', values, 'data'));
    if (values.json === true) {
      print(JSON.stringify(found));
      return 0;
    }
    print(`database  blocks from ${found.keptFrom} on, ${found.databaseBytes} bytes`);
    print(`kept      ${found.keptEntryCount} receipts and membership entries of older blocks`);
    for (const { name, bytes, isHere } of found.segments) {
      print(`segment   ${name}  ${bytes} bytes${isHere ? '' : '  not here'}`);
    }
    return 0;
  },
};

export const archiveVerify: Command = {
  name: 'archive verify',
  summary: 'Holds segments against the chain: headers, roots, tree hashes.',
  usage: 'archive verify --data DIR [--segment FILE] [--json]',
  options: {
    data,
    segment: { value: 'FILE', description: 'one segment, wherever it is; all of the archive else' },
    json,
  },
  notes: 'Exit code 0 when each segment is as it was written, 1 when one is not.',
  run: async ({ values, print }) => {
    const segment = textOf(values, 'segment');
    const dataDir = required('archive verify', values, 'data');
    const paths = segment === undefined ? [] : [segment];
    const verdicts = await verifyArchive(nodeSuite, dataDir, paths);
    const ok = verdicts.every((verdict) => verdict.ok);
    if (values.json === true) print(JSON.stringify({ ok, segments: verdicts }));
    else {
      for (const { path, from, to, entryCount, detail } of verdicts) {
        print(
          detail === undefined
            ? `ok        ${path}: blocks ${from} to ${to}, ${entryCount} entries`
            : `FAIL      ${detail}`,
        );
      }
      if (verdicts.length === 0) print('the archive is empty');
    }
    return ok ? 0 : 1;
  },
};

export const archiveRestore: Command = {
  name: 'archive restore',
  summary: 'Brings a segment that was carried away back into the archive.',
  usage: 'archive restore --data DIR --segment FILE [--json]',
  options: { data, segment: { value: 'FILE', description: 'the segment' }, json },
  notes:
    'Where `diskMax` of gateway.yaml is reached, a running gateway deletes the oldest segments again:\n' +
    'for a proof or a check, name the file with --segment and leave it where it is.',
  run: async ({ values, print }) => {
    const { path, from, to } = await restoreSegment(nodeSuite, {
      dataDir: required('archive restore', values, 'data'),
      segment: required('archive restore', values, 'segment'),
    });
    print(
      values.json === true
        ? JSON.stringify({ path, from, to })
        : `blocks ${from} to ${to} are in ${path}`,
    );
    return 0;
  },
};

export const archiveExport: Command = {
  name: 'archive export',
  summary: 'Copies the segments to another directory, to be carried away.',
  usage: 'archive export --data DIR --to DIR [--remove] [--json]',
  options: {
    data,
    to: { value: 'DIR', description: 'where to; it is made if it is missing' },
    remove: { description: 'take each from the archive once its copy was checked' },
    json,
  },
  run: async ({ values, print }) => {
    const exported = await exportArchive(nodeSuite, {
      dataDir: required('archive export', values, 'data'),
      to: required('archive export', values, 'to'),
      remove: values.remove === true,
    });
    if (values.json === true) print(JSON.stringify({ segments: exported }));
    else {
      for (const { path, bytes } of exported) print(`${path}  ${bytes} bytes`);
      if (exported.length === 0) print('the archive is empty');
    }
    return 0;
  },
};
