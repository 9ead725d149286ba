// SPDX-License-Identifier: Apache-2.0
// Adds to the lists of a configuration file that a person writes: all else in it, comments and
// order, stays as it was.

import { parseDocument, YAMLSeq } from 'yaml';
import { TielineError } from '../base/errors.ts';

export type ConfigItem = Readonly<Record<string, string | number>>;

export type ConfigList = {
  /** What it holds now, additions among it. */
  readonly items: () => readonly Readonly<Record<string, unknown>>[];
  /** `comment`: stands behind the item. */
  readonly add: (item: ConfigItem, comment?: string) => void;
};

export type EditableConfig = {
  /** The list under this key; made where there is none. */
  readonly listAt: (key: string) => ConfigList;
  readonly text: () => string;
};

/** @throws TielineError `config` where the text is no YAML. */
export function editConfig(text: string): EditableConfig {
  const document = parseDocument(text);
  const [flaw] = document.errors;
  if (flaw !== undefined) {
    const hint = 'mend the file first: `tieline doctor` names every problem with its place';
    throw new TielineError('config', `the file is no YAML: ${flaw.message}`, { hint });
  }
  const sequenceAt = (key: string): YAMLSeq => {
    const there = document.get(key);
    if (there instanceof YAMLSeq) return there;
    const made = new YAMLSeq();
    document.set(key, made);
    return made;
  };
  return {
    listAt: (key) => {
      const sequence = sequenceAt(key);
      // `[]` is written on one line; what is added to it is not.
      if (sequence.items.length === 0) sequence.flow = false;
      return {
        items: () => sequence.toJSON() as Readonly<Record<string, unknown>>[],
        add: (item, comment) => {
          const node = document.createNode(item);
          if (comment !== undefined) node.comment = ` ${comment}`;
          sequence.add(node);
        },
      };
    },
    text: () => document.toString({ lineWidth: 0 }),
  };
}
