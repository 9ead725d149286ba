// SPDX-License-Identifier: Apache-2.0
// Keeps what was learned about the devices over a restart. Written rarely: it only saves time, and a
// memory card wears out. A file that is missing or damaged is begun anew.

import { readFile } from 'node:fs/promises';
import { utf8 } from '../base/bytes.ts';
import { messageOf } from '../base/errors.ts';
import { type LineMemory, learnedText, parseLearned } from '../drivers/bus/line-memory.ts';
import { writeFileDurably } from '../host/files.ts';
import type { Log } from '../host/log.ts';

const saveIntervalMs = 600_000;

export type LearnedFile = {
  /** Gives the line of this name what earlier runs, or this one, have saved of it. */
  readonly recall: (name: string) => void;
  /** Saves what is new. */
  readonly close: () => Promise<void>;
};

/** Saves what the lines learn; `lines`, by their names, may come and go. */
export async function openLearnedFile(
  path: string,
  lines: ReadonlyMap<string, LineMemory>,
  log: Log,
): Promise<LearnedFile> {
  let written = await readFile(path, 'utf8').catch(() => '');
  const save = async (): Promise<void> => {
    const text = learnedText(new Map([...lines].map(([name, line]) => [name, line.facts()])));
    if (text === written) return;
    try {
      await writeFileDurably(path, utf8(text));
      written = text;
    } catch (error) {
      log.warn('learned-not-saved', { path, reason: messageOf(error) });
    }
  };
  let saving = Promise.resolve();
  const timer = setInterval(() => {
    saving = saving.then(save);
  }, saveIntervalMs);
  return {
    recall: (name) => {
      const facts = parseLearned(written).get(name);
      if (facts !== undefined) lines.get(name)?.recall(facts);
    },
    close: async () => {
      clearInterval(timer);
      await saving;
      await save();
    },
  };
}
