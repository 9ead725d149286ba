// SPDX-License-Identifier: Apache-2.0
// A line on standard error that is written over while something takes long.

export type ProgressLine = (text: string | undefined) => void;

/** `undefined` clears it. Silent where `isOn` is false or nobody watches. */
export function progressLine({ isOn }: { readonly isOn: boolean }): ProgressLine {
  if (!isOn || !process.stderr.isTTY) return () => {};
  return (text) => {
    process.stderr.write(`\r\u001b[K${text ?? ''}`);
  };
}
